import { VportsCommand } from '../src/cli/command.js';
import { Flags } from '../src/cli/oclif.js';
import { readFlags } from '../src/cli/read-flags.js';
import { VportsError } from '../src/errors.js';
import { type ListFormat, renderClaims, renderList } from '../src/render/ports.js';

export default class List extends VportsCommand {
  static override summary = 'List who holds which port';
  static override examples = [
    '<%= config.bin %> list',
    '<%= config.bin %> list --range databases --format csv',
  ];
  static override flags = {
    ...readFlags,
    range: Flags.string({ description: 'only this range: its id, or FROM-TO' }),
    resource: Flags.string({ description: 'only resources that fit this pattern, like web-*' }),
    owner: Flags.string({ description: 'only what this team or person answers for' }),
    leases: Flags.boolean({ description: "only this machine's leases" }),
    claims: Flags.boolean({ description: 'also what branches want that are not merged yet' }),
    expired: Flags.boolean({ description: 'only leases past their end' }),
    format: Flags.option({ options: ['table', 'csv', 'markdown', 'json'] as const, default: 'table' })({
      description: 'how to print it',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(List);
    if (flags.claims && flags.at !== undefined) {
      throw new VportsError('BAD_USAGE', 'what branches want is known of now alone', {
        hint: 'leave --claims or --at out',
      });
    }
    const asJson = flags.json || flags.format === 'json';
    await this.onRegistry({ ...flags, json: asJson }, async (registry) => {
      const ports = await registry.list(flags);
      const text =
        ports.length === 0 && flags.format === 'table'
          ? `no port is held${toldFilter(flags)}`
          : renderList(ports, flags.format as ListFormat);
      const warnings = await registry.damages(undefined, flags);
      if (!flags.claims) return { text, json: { ports, warnings }, warnings };
      const claims = await registry.claims();
      const both = flags.format === 'table' ? [text, ...renderClaims(claims)].join('\n') : text;
      return { text: both, json: { ports, claims, warnings }, warnings };
    });
  }
}

/** ` in the range databases, by resources like web-*`: what nothing was found for. */
function toldFilter({
  range,
  resource,
  owner,
  leases,
  expired,
}: {
  range?: string | undefined;
  resource?: string | undefined;
  owner?: string | undefined;
  leases?: boolean;
  expired?: boolean;
}): string {
  const parts = [
    range && ` in the range ${range}`,
    resource && ` by a resource like ${resource}`,
    owner && ` that ${owner} answers for`,
    leases && ' as a lease of this machine',
    expired && ' beyond the end of its lease',
  ];
  return parts.filter(Boolean).join(',');
}
