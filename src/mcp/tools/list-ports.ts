import * as z from 'zod/mini';
import { portKey } from '../../../events/port.js';
import { badUsage } from '../../errors.js';
import { count, maybeText } from '../../schema/parts.js';
import { holding, holdingOf, warning, warningOf } from '../parts.js';
import { tool } from '../tool.js';

const MOST = 200;

export const listPorts = tool({
  name: 'list_ports',
  title: 'List held ports',
  description:
    'Lists held ports with their holders, page by page. Pass `next` as `cursor` to get the next page.',
  writes: false,
  input: z.strictObject({
    range: z.optional(z.string().check(z.meta({ description: 'Id of a range, or FROM-TO.' }))),
    resource: z.optional(z.string().check(z.meta({ description: 'A name, or a pattern like web*.' }))),
    owner: z.optional(z.string()),
    limit: z._default(z.int().check(z.gte(1), z.lte(MOST)), 50),
    cursor: z.optional(z.string()),
  }),
  output: z.strictObject({
    ports: z.array(holding),
    total: count,
    next: maybeText,
    warnings: z.array(warning),
  }),
  async run(registry, { limit, cursor, ...filter }) {
    const all = await registry.list(filter);
    const start = cursor === undefined ? 0 : all.findIndex((it) => portKey(it) === cursor) + 1;
    if (cursor !== undefined && start === 0) {
      throw badUsage('the cursor is not a listed port', 'start again without a cursor');
    }
    const page = all.slice(start, start + limit);
    const isLast = start + limit >= all.length;
    const next = isLast ? null : portKey(page.at(-1)!);
    const warnings = (await registry.damages()).map(warningOf);
    return { ports: page.map(holdingOf), total: all.length, next, warnings };
  },
});
