import type { EventType } from '../events/event.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { formatFlag, limitFlag, readFlags } from '../src/cli/read-flags.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { safeJson } from '../src/control-characters.js';
import { renderEvents, renderEventsCsv } from '../src/render/events.js';

/** Importing the event modules would load all schemas; the compiler checks that no type is missing. */
const TYPES: Record<EventType extends `port.${infer Name}` ? Name : never, true> = {
  allocated: true,
  registered: true,
  described: true,
  renewed: true,
  released: true,
};

export default registryCommand({
  summary: 'Show what happened, newest first',
  examples: [
    'vports log 25000',
    'vports log web --since "3 days ago"',
    'vports log --type released --by ada --format csv',
  ],
  args: {
    about: Args.string({ description: 'a port or a resource; default: everything' }),
  },
  flags: {
    ...readFlags,
    since: Flags.string({ description: 'only since this time: 2026-11-01, 2026-11-01T12:00Z, "3 days ago"' }),
    until: Flags.string({ description: 'only until this time' }),
    by: Flags.string({ description: 'only by people whose name or e-mail contains this' }),
    owner: Flags.string({ description: 'only events that name this owner' }),
    range: Flags.string({ description: 'only ports in this range: an id, or FROM-TO' }),
    type: Flags.string({
      options: Object.keys(TYPES),
      description: 'only events of this type',
      parse: async (text) => text.replace(/^port\./, ''),
    }),
    ...limitFlag,
    before: Flags.string({ description: 'the next page: only events older than the one with this id' }),
    format: formatFlag('output format', ['csv', 'ndjson']),
  },
  async answer(registry, { args, flags }) {
    const { limit: most, format = 'text' } = flags;
    const limit = most === undefined ? undefined : most + 1;
    const warnings = await registry.damages(undefined, flags);
    const found = await registry.log({ ...flags, about: args.about, limit });
    const events = found.slice(0, most);
    const next = found.length > events.length ? events.at(-1)!.id : null;
    const text = {
      text: () => renderEvents(events),
      csv: () => renderEventsCsv(events),
      ndjson: () => events.map((event) => safeJson(event)).join('\n'),
    }[format]();
    const filters = ['since', 'until', 'by', 'owner', 'range', 'type', 'before'] as const;
    const given = filters.filter((it) => flags[it] !== undefined).map((it) => `--${it} ${flags[it]}`);
    const query = [args.about, ...given].filter((it) => it !== undefined).join(' ');
    const nothing = query === '' ? 'no events yet' : `no events match ${query}`;
    const notes =
      events.length === 0
        ? [nothing]
        : next && format === 'text'
          ? [`more events: add --before ${next}`]
          : [];
    return { text, json: { events, next, warnings }, warnings, notes };
  },
});
