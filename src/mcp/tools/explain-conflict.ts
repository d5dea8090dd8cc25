import * as z from 'zod/mini';
import { formatPort } from '../../../events/port.js';
import { maybeWhen, text, when } from '../../schema/parts.js';
import {
  claim,
  claimOf,
  holding,
  holdingOf,
  listener,
  listenerOf,
  maybeProtocol,
  only,
  portNumber,
  ref,
  refOf,
  resource,
  warningOf,
} from '../parts.js';
import { saidOf, saidSchema } from '../sanitize.js';
import { tool } from '../tool.js';

const MOST = 5;

const tenancy = z.strictObject({
  resource: text,
  name: text,
  from: when,
  until: maybeWhen,
  said: saidSchema,
});

export const explainConflict = tool({
  name: 'explain_conflict',
  title: 'Explain a conflict',
  description:
    'Explains why a port is not available: who holds it, claims it on an open branch, or listens on it; who had it before; and which commands help.',
  writes: false,
  input: z.strictObject({ port: portNumber, protocol: maybeProtocol, resource: z.optional(resource) }),
  output: z.strictObject({
    ...ref,
    why: z.array(text),
    mend: z.array(text),
    holder: z.nullable(holding),
    claim: z.nullable(claim),
    listeners: z.array(listener),
    before: z.array(tenancy),
  }),
  async run(registry, { resource, ...asked }) {
    const who = await registry.who(refOf(asked));
    const check = await registry.check(refOf(asked), { for: resource });
    const port = formatPort(who);
    const facts: [boolean, string, string][] = [
      [
        who.holder !== null && who.holder.resource !== resource,
        `${port} is held by ${who.holder?.resource}`,
        `for another port: vports allocate RESOURCE; for whom to ask: vports who ${port}`,
      ],
      [who.claim !== null, `an unmerged branch claims ${port}`, 'see vports list --claims'],
      [
        check.verdict === 'in-use',
        `a process listens on ${port}, but nobody holds it`,
        `to stop an orphan: vports kill ${port}; to register the port: vports register RESOURCE ${port}`,
      ],
      [
        check.verdict === 'reserved',
        `${port} is reserved by the policy`,
        'see vports ranges for ranges to allocate from',
      ],
      [
        check.verdict === 'outside-ranges',
        `${port} is outside the policy's ranges`,
        'see vports ranges for ranges to allocate from',
      ],
    ];
    const warned = check.warnings.filter(({ general }) => !general).map(warningOf);
    const found = facts.filter(([isSo]) => isSo);
    return {
      port: who.port,
      protocol: who.protocol,
      why: [...found.map(([, why]) => why), ...warned.map(({ message }) => message)],
      mend: [...found.map(([, , mend]) => mend), ...warned.flatMap(({ hint }) => hint ?? [])],
      holder: who.holder && holdingOf(who.holder),
      claim: claimOf(who.claim),
      listeners: who.listeners.slice(0, 10).map(listenerOf),
      before: who.holders.slice(-MOST).map((it) => only(tenancy, { ...it, said: saidOf(it) })),
    };
  },
});
