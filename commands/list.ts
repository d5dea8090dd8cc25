import { VportsCommand } from '../src/cli/command.js';
import { Flags } from '../src/cli/oclif.js';
import { formatFlag, limitFlag, readFlags } from '../src/cli/read-flags.js';
import { terminalWidth, toldHidden } from '../src/cli/terminal-width.js';
import { VportsError } from '../src/errors.js';
import type { ListedPort } from '../src/registry/query/queries.js';
import { COLUMNS, type Column, type ListFormat, renderClaims, renderList } from '../src/render/ports.js';

export default class List extends VportsCommand {
  static override summary = 'List who holds which port';
  static override examples = [
    '<%= config.bin %> list',
    '<%= config.bin %> list --range databases --format csv',
    '<%= config.bin %> list --owner team-web --sort since --columns port,resource,reason',
  ];
  static override flags = {
    ...readFlags,
    project: Flags.string({
      description: 'only this project, by its id; `vports status` shows that of a folder',
    }),
    range: Flags.string({ description: 'only this range: its id, or FROM-TO' }),
    resource: Flags.string({ description: 'only resources that fit this pattern, like web-*' }),
    owner: Flags.string({ description: 'only what this team or person answers for' }),
    leases: Flags.boolean({ description: "only this machine's leases" }),
    claims: Flags.boolean({ description: 'also what branches want that are not merged yet' }),
    expired: Flags.boolean({ description: 'only leases past their end' }),
    sort: Flags.option({ options: ['port', 'resource', 'since'] as const, default: 'port' })({
      description: 'what it is ordered by',
    }),
    columns: Flags.string({ description: `only these, in this order: ${COLUMNS.join(',')}` }),
    ...limitFlag,
    format: formatFlag('how to print it', ['csv', 'markdown', 'json']),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(List);
    if (flags.claims && flags.at !== undefined) {
      throw new VportsError('BAD_USAGE', 'what branches want is known of now alone', {
        hint: 'leave --claims or --at out',
      });
    }
    const asJson = flags.json || flags.format === 'json';
    const columns = flags.columns === undefined ? undefined : requireColumns(flags.columns, asJson);
    await this.onRegistry({ ...flags, json: asJson }, async (registry) => {
      const ports = sorted(await registry.list(flags), flags.sort).slice(0, flags.limit);
      const format = listFormat(flags.format);
      const { text, hidden } =
        ports.length === 0 && format === 'table'
          ? { text: `no port is held${toldFilter(flags)}`, hidden: [] }
          : renderList(ports, { format, columns, width: terminalWidth() });
      const story = toldHidden(hidden, '; `--columns` chooses others');
      const warnings = await registry.damages(undefined, flags);
      if (!flags.claims) return { text, json: { ports, warnings }, warnings, story };
      const claims = await registry.claims();
      const both = format === 'table' ? [text, ...renderClaims(claims)].join('\n') : text;
      return { text: both, json: { ports, claims, warnings }, warnings, story };
    });
  }
}

function listFormat(format: 'text' | 'json' | ListFormat = 'table'): ListFormat {
  return format === 'text' || format === 'json' ? 'table' : format;
}

/** Throws BAD_USAGE. */
function requireColumns(text: string, asJson: boolean): Column[] {
  if (asJson)
    throw new VportsError('BAD_USAGE', 'JSON has all columns', { hint: 'leave --columns or --json out' });
  return text.split(',').map((word) => {
    const column = COLUMNS.find((it) => it === word.trim());
    if (column) return column;
    throw new VportsError('BAD_USAGE', `there is no column ${JSON.stringify(word.slice(0, 80))}`, {
      hint: `columns are ${COLUMNS.join(', ')}`,
    });
  });
}

/** From the lowest port, the first resource by name, or the oldest; what is alike stays in the order of its ports. */
function sorted(ports: ListedPort[], by: string): ListedPort[] {
  if (by === 'port') return ports;
  const key = by === 'since' ? 'since' : 'resource';
  return ports.toSorted((a, b) => (a[key] < b[key] ? -1 : Number(a[key] > b[key])));
}

/** ` in the range databases, by resources like web-*`: what nothing was found for. */
function toldFilter({
  project,
  range,
  resource,
  owner,
  leases,
  expired,
}: {
  project?: string | undefined;
  range?: string | undefined;
  resource?: string | undefined;
  owner?: string | undefined;
  leases?: boolean;
  expired?: boolean;
}): string {
  const parts = [
    project && ` by the project ${project}`,
    range && ` in the range ${range}`,
    resource && ` by a resource like ${resource}`,
    owner && ` that ${owner} answers for`,
    leases && ' as a lease of this machine',
    expired && ' beyond the end of its lease',
  ];
  return parts.filter(Boolean).join(',');
}
