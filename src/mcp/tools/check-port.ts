import * as z from 'zod/mini';
import { text } from '../../schema/parts.js';
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
} from '../parts.js';
import { tool } from '../tool.js';

export const checkPort = tool({
  name: 'check_port',
  title: 'Is this port free',
  description:
    'Checks whether a port is free in the registry and on this machine, and who holds it, claims it on a branch, or listens on it.',
  writes: false,
  input: z.strictObject({
    port: portNumber,
    protocol: maybeProtocol,
    for: z.optional(resource),
  }),
  output: z.strictObject({
    ...ref,
    available: z.boolean(),
    verdict: text,
    holder: z.nullable(holding),
    claim: z.nullable(claim),
    listeners: z.array(listener),
  }),
  async run(registry, { for: asker, ...asked }) {
    const it = await registry.check(refOf(asked), { for: asker });
    const { port, protocol, available, verdict } = it;
    return {
      port,
      protocol,
      available,
      verdict,
      holder: it.holder && holdingOf(it.holder),
      claim: claimOf(it.claim),
      listeners: it.listeners.slice(0, 10).map(listenerOf),
    };
  },
});
