import { Flags } from '../src/cli/oclif.js';
import { formatFlag, limitFlag, readFlags } from '../src/cli/read-flags.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { hiddenNote, terminalWidth } from '../src/cli/terminal-width.js';
import { badUsage } from '../src/errors.js';
import type { ListedPort, ListFilter } from '../src/registry/query/queries.js';
import { COLUMNS, type Column, type ListFormat, renderClaims, renderList } from '../src/render/ports.js';

export default registryCommand({
  summary: 'List who holds which port',
  examples: [
    'vports list',
    'vports list --range databases --format csv',
    'vports list --owner team-web --sort since --columns port,resource,reason',
  ],
  flags: {
    ...readFlags,
    project: Flags.string({
      description: 'only this project, by id (`vports status` shows it)',
    }),
    range: Flags.string({ description: 'only this range: an id, or FROM-TO' }),
    resource: Flags.string({ description: 'only resources matching this pattern, like web-*' }),
    owner: Flags.string({ description: 'only ports of this owner' }),
    leases: Flags.boolean({ description: "only this machine's leases" }),
    claims: Flags.boolean({ description: 'also show claims of unmerged branches' }),
    expired: Flags.boolean({ description: 'only expired leases' }),
    sort: Flags.option({ options: ['port', 'resource', 'since'] as const, default: 'port' })({
      description: 'sort by',
    }),
    columns: Flags.string({ description: `only these columns, in this order: ${COLUMNS.join(',')}` }),
    ...limitFlag,
    format: formatFlag('output format', ['csv', 'markdown', 'json']),
  },
  before({ flags }) {
    if (flags.claims && flags.at !== undefined)
      throw badUsage('--claims shows the current claims only', 'drop --claims or --at');
    const json = flags.json || flags.format === 'json';
    const columns = flags.columns === undefined ? undefined : requireColumns(flags.columns, json);
    return { flags: { ...flags, json }, columns };
  },
  async answer(registry, { flags, columns }) {
    const ports = sorted(await registry.list(flags), flags.sort).slice(0, flags.limit);
    const format = listFormat(flags.format);
    const { text, hidden } =
      ports.length === 0 && format === 'table'
        ? { text: `no port is held${filterInWords(flags)}`, hidden: [] }
        : renderList(ports, { format, columns, width: terminalWidth() });
    const notes = hiddenNote(hidden, '; choose others with `--columns`');
    const warnings = await registry.damages(undefined, flags);
    if (!flags.claims) return { text, json: { ports, warnings }, warnings, notes };
    const claims = await registry.claims();
    const both = format === 'table' ? [text, ...renderClaims(claims)].join('\n') : text;
    return { text: both, json: { ports, claims, warnings }, warnings, notes };
  },
});

function listFormat(format: 'text' | 'json' | ListFormat = 'table'): ListFormat {
  return format === 'text' || format === 'json' ? 'table' : format;
}

/** Throws BAD_USAGE. */
function requireColumns(text: string, asJson: boolean): Column[] {
  if (asJson) throw badUsage('JSON always has all columns', 'drop --columns or --json');
  return text.split(',').map((word) => {
    const column = COLUMNS.find((it) => it === word.trim());
    if (column) return column;
    throw badUsage(
      `unknown column ${JSON.stringify(word.slice(0, 80))}`,
      `the columns are ${COLUMNS.join(', ')}`,
    );
  });
}

function sorted(ports: ListedPort[], by: string): ListedPort[] {
  if (by === 'port') return ports;
  const key = by === 'since' ? 'since' : 'resource';
  return ports.toSorted((a, b) => (a[key] < b[key] ? -1 : Number(a[key] > b[key])));
}

/** ` in the range databases, by a resource like web-*`. */
function filterInWords(filter: ListFilter & { project?: string | undefined }): string {
  const parts = [
    filter.project && ` by the project ${filter.project}`,
    filter.range && ` in the range ${filter.range}`,
    filter.resource && ` by a resource like ${filter.resource}`,
    filter.owner && ` owned by ${filter.owner}`,
    filter.leases && ' as a lease of this machine',
    filter.expired && ' on an expired lease',
  ];
  return parts.filter(Boolean).join(',');
}
