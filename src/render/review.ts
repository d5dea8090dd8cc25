import { oneLine } from '../control-characters.js';
import type { Review } from '../registry/verbs/read/review.js';
import { fullness, reviewMarkdown, sentence } from '../review/summary.js';
import { annotation } from './annotation.js';

export type ReviewFormat = 'text' | 'markdown' | 'github';

export function renderReview(review: Review, format: ReviewFormat): string {
  if (format === 'github') return annotations(review);
  return format === 'markdown' ? reviewMarkdown(review) : text(review);
}

function text({ changes, ranges, policy, notes, problems }: Review): string {
  return [
    ...(changes.length === 0 ? ['no port changes'] : changes.map(sentence)),
    ...ranges.map(fullness),
    ...policy.map((line) => oneLine(`policy: ${line}`)),
    ...notes.map((line) => oneLine(`note: ${line}`)),
    ...problems.map(({ code, path, message }) => oneLine(`problem ${code} ${path}: ${message}`)),
  ].join('\n');
}

function annotations({ changes, policy, notes, problems }: Review): string {
  return [
    ...problems.map(({ code, path, message }) => annotation('error', { file: path, title: code }, message)),
    ...changes.map((it) => annotation('notice', { title: it.kind }, sentence(it))),
    ...[...policy, ...notes].map((it) => annotation('warning', { title: 'please check' }, oneLine(it))),
  ].join('\n');
}
