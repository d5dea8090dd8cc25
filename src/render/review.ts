import { labelOf } from '../../events/names.js';
import { formatPort } from '../../events/port.js';
import { oneLine } from '../control-characters.js';
import type { Review } from '../registry/verbs/read/review.js';
import type { Change, RangeChange } from '../review/changes.js';
import { annotation } from './annotation.js';
import { signatureInWords } from './events.js';
import { cutToComment, escapeMarkdown, markdownTable } from './markdown.js';

/** For the characters of src/review/strip.ts. */
const STRIP_LEGEND = '+ allocated  - released  * both or updated  · free  ░▒▓█ held';

export type ReviewFormat = 'text' | 'markdown' | 'github';

export function renderReview(review: Review, format: ReviewFormat): string {
  if (format === 'github') return annotations(review);
  return format === 'markdown' ? markdown(review) : text(review);
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

function markdown({ ok, changes, ranges, policy, notes, problems }: Review): string {
  const verdict = ok
    ? 'No rules are broken.'
    : `**${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}: do not merge.**`;
  const list = (title: string, lines: string[]) =>
    lines.length === 0
      ? []
      : ['', `**${title}**`, '', ...lines.map((it) => `- ${escapeMarkdown(oneLine(it))}`)];
  const wrong = problems.map(({ code, path, message }) => [code, path, message]);
  const parts = [
    '### Port changes',
    '',
    verdict,
    ...(wrong.length === 0 ? [] : ['', markdownTable(['Problem', 'File', 'What'], wrong)]),
    ...list('Policy', policy),
    ...list('Please check', notes),
    ...(changes.length === 0 ? ['', 'No port changes.'] : ['', changesTable(changes)]),
    ...(ranges.length === 0
      ? []
      : ['', ...ranges.map((it) => `- ${escapeMarkdown(fullness(it))}`), '', ...strips(ranges)]),
  ];
  return cutToComment(parts.join('\n').split('\n'), 'vports review BASE');
}

/** The changed ranges, in a code block, where nothing is Markdown. */
function strips(ranges: RangeChange[]): string[] {
  const titles = ranges.map(({ id, from, to }) => `${id} ${from}-${to}`.replaceAll('`', "'"));
  const width = Math.max(...titles.map(({ length }) => length));
  const lines = ranges.map(({ strip }, index) => `${titles[index]!.padEnd(width)} |${strip}|`);
  return ['```text', ...lines.map(oneLine), `${' '.repeat(width)}  ${STRIP_LEGEND}`, '```'];
}

export function changesTable(changes: Change[]): string {
  const rows = changes.map((it) => [
    it.kind,
    it.from === null ? formatPort(it) : `${it.from} → ${formatPort(it)}`,
    labelOf(it),
    it.range ?? '',
    it.owner ?? '',
    [it.by ?? '', it.signature && `(${signatureInWords(it.signature)})`].filter(Boolean).join(' '),
    it.reason ?? '',
  ]);
  return markdownTable(['Change', 'Port', 'For', 'Range', 'Owner', 'By', 'Why'], rows);
}

function annotations({ changes, policy, notes, problems }: Review): string {
  return [
    ...problems.map(({ code, path, message }) => annotation('error', { file: path, title: code }, message)),
    ...changes.map((it) => annotation('notice', { title: it.kind }, sentence(it))),
    ...[...policy, ...notes].map((it) => annotation('warning', { title: 'please check' }, oneLine(it))),
  ].join('\n');
}

export function sentence(it: Change): string {
  const who = labelOf(it);
  const range = it.range ? ` from ${it.range}` : '';
  const facts = [
    it.owner && `owner ${it.owner}`,
    it.by && `by ${it.by}`,
    it.signature && signatureInWords(it.signature),
  ]
    .filter(Boolean)
    .join(', ');
  const why = it.reason ? `: ${it.reason}` : '';
  const held = it.since ? `, held since ${it.since.slice(0, 10)}` : '';
  const what = {
    allocated: `${who} gets ${formatPort(it)}${range}`,
    registered: `${who} registers ${formatPort(it)}${range}`,
    released: `${who} releases ${formatPort(it)}${held}`,
    moved: `${who} moves from ${it.from} to ${formatPort(it)}${held}`,
    described: `${who} on ${formatPort(it)} is updated`,
    renewed: `${who} renews its lease of ${formatPort(it)}`,
  }[it.kind];
  return oneLine(`${what}${facts ? ` (${facts})` : ''}${why}`);
}

function fullness({ id, size, before, after }: RangeChange): string {
  return `${id}: ${before} -> ${after} of ${size} ports held`;
}
