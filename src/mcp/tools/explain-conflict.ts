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
  portNumber,
  ref,
  refOf,
  resource,
  warningOf,
} from '../parts.js';
import { saidOf, saidSchema } from '../said.js';
import { tool } from '../tool.js';

/** The last ones tell most. */
const MOST = 5;

export const explainConflict = tool({
  name: 'explain_conflict',
  title: 'Explain a conflict',
  description:
    'Why a port cannot be had or used: who holds it, wants it on an open branch, or listens on it; who had it before; and the commands that mend it.',
  writes: false,
  input: z.strictObject({ port: portNumber, protocol: maybeProtocol, resource: z.optional(resource) }),
  output: z.strictObject({
    ...ref,
    why: z.array(text),
    mend: z.array(text),
    holder: z.nullable(holding),
    claim: z.nullable(claim),
    listeners: z.array(listener),
    before: z.array(
      z.strictObject({ resource: text, name: text, from: when, until: maybeWhen, said: saidSchema }),
    ),
  }),
  async run(registry, { resource, ...asked }) {
    const [who, check] = [
      await registry.who(refOf(asked)),
      await registry.check(refOf(asked), { for: resource }),
    ];
    const port = formatPort(who);
    const facts: [boolean, string, string][] = [
      [
        who.holder !== null && who.holder.resource !== resource,
        `${port} is held by ${who.holder?.resource}`,
        `vports allocate RESOURCE gives another port; vports who ${port} says whom to ask`,
      ],
      [
        who.claim !== null,
        `${port} is wanted on a branch that is not merged`,
        'vports list --claims shows them',
      ],
      [
        check.verdict === 'in-use',
        `a process listens on ${port}, and nobody holds it`,
        `vports kill ${port} ends an orphan; vports register RESOURCE ${port} puts it on record`,
      ],
      [check.verdict === 'reserved', `${port} is reserved by the policy`, 'vports ranges shows what is open'],
      [
        check.verdict === 'outside-ranges',
        `${port} is in no range of the policy`,
        'vports ranges shows what is open',
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
      before: who.holders.slice(-MOST).map((it) => ({
        resource: it.resource,
        name: it.name,
        from: it.from,
        until: it.until,
        said: saidOf(it),
      })),
    };
  },
});
