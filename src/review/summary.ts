import { labelOf } from '../../events/names.js';
import { formatPort } from '../../events/port.js';
import { oneLine } from '../control-characters.js';
import type { Review } from '../registry/verbs/read/review.js';
import type { Change, RangeChange } from './changes.js';
import { cutToComment, escapeMarkdown, markdownTable } from './markdown.js';
import { signatureInWords } from './signature-words.js';

/** For the characters of src/review/strip.ts. */
const STRIP_LEGEND = '+ allocated  - released  * both or updated  · free  ░▒▓█ held';

/** A review as GitHub Markdown, for a comment or the text of a request. */
export function reviewMarkdown({ ok, changes, ranges, policy, notes, problems }: Review): string {
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

export function sentence(it: Change): string {
  const facts = [
    it.owner && `owner ${it.owner}`,
    it.by && `by ${it.by}`,
    it.signature && signatureInWords(it.signature),
  ]
    .filter(Boolean)
    .join(', ');
  const why = it.reason ? `: ${it.reason}` : '';
  return oneLine(`${headline(it)}${facts ? ` (${facts})` : ''}${why}`);
}

function headline(it: Change): string {
  const who = labelOf(it);
  const range = it.range ? ` from ${it.range}` : '';
  const held = it.since ? `, held since ${it.since.slice(0, 10)}` : '';
  return {
    allocated: `${who} gets ${formatPort(it)}${range}`,
    registered: `${who} registers ${formatPort(it)}${range}`,
    released: `${who} releases ${formatPort(it)}${held}`,
    moved: `${who} moves from ${it.from} to ${formatPort(it)}${held}`,
    described: `${who} on ${formatPort(it)} is updated`,
    renewed: `${who} renews its lease of ${formatPort(it)}`,
  }[it.kind];
}

/** Hosts take 255 characters; the rest is for what a host or a policy puts around it. */
const LONGEST_TITLE = 150;

/** A review in a line, for the title of a request. */
export function reviewTitle({ changes, policy }: Pick<Review, 'changes' | 'policy'>): string {
  const [first] = changes;
  if (!first) return cut(policy.length > 0 ? `policy: ${policy.join('; ')}` : 'no port changes');
  if (changes.length === 1) return cut(headline(first));
  return cut(`${changes.length} port changes: ${[...new Set(changes.map(labelOf))].join(', ')}`);
}

function cut(title: string): string {
  const line = oneLine(title);
  const characters = [...line];
  return characters.length <= LONGEST_TITLE ? line : `${characters.slice(0, LONGEST_TITLE - 1).join('')}…`;
}

export function fullness({ id, size, before, after, owner }: RangeChange): string {
  const whose = owner === undefined ? '' : `, owner ${owner}`;
  return oneLine(`${id}: ${before} -> ${after} of ${size} ports held${whose}`);
}
