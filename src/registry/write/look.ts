import type { Logs } from '../state/logs.js';
import type { Command, Decided } from './command.js';
import { decideAsSeen } from './decide.js';

/**
 * Looks at the remote, unless the command concerns nothing but leases of this machine, or what is known is new enough. Gives what the
 * command comes to as last seen, where that can be said before the look and may stand.
 */
export async function lookUnlessNeedless<Answer>(
  command: Command<Answer>,
): Promise<{ plan?: Decided<Answer> | undefined; hasLooked: boolean }> {
  const { logs, request } = command;
  if (request.local) return { hasLooked: false };
  const plan = await decideAsSeen(command);
  if (plan && concernsHostOnly(logs, plan)) return { hasLooked: false };
  const isValid = plan !== undefined && !request.dryRun && !request.files;
  if (isValid && !request.exact && (await (await logs.registry()).publisher.mayPublishFirst()))
    return { plan, hasLooked: false };
  await look(command);
  return { plan: isValid ? plan : undefined, hasLooked: true };
}

/** After waiting for the lock, so that the decision uses the newest state. */
export async function look<Answer>({ logs, request }: Command<Answer>): Promise<void> {
  const { publisher } = await logs.registry();
  // Following the remote writes, which a dry run must not.
  if (request.dryRun && (await logs.interrupted()).length > 0) return;
  if (!request.dryRun) await publisher.turn();
  await publisher.refresh();
}

export function concernsHostOnly<Answer>(logs: Logs, { events }: Decided<Answer>): boolean {
  return events.every(({ log }) => logs.nameOf(log) === 'host');
}
