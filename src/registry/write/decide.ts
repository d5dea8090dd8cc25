import { noneIfRefused } from '../../attempt.js';
import { world } from '../../world/index.js';
import type { Decision } from '../decide/decision.js';
import { refuse, unknownPolicy, type View } from '../decide/view.js';
import { lensOn, refuseForeign, withTakenOver } from '../project/own-view.js';
import { loadView } from '../state/load-view.js';
import type { Logs } from '../state/logs.js';
import { type Command, type Decided, isChosen, type Write } from './command.js';
import { refuseUnsound } from './sound-decision.js';

/**
 * The ports that are chosen are tried; only where one is taken are all others looked at, to choose better. What was decided before
 * and chooses nothing stays valid while the logs are unchanged.
 */
export async function decide<Answer>(
  { logs, request, busy }: Command<Answer>,
  before?: Decided<Answer>,
): Promise<Decided<Answer>> {
  const { files, prepare, inUse } = request;
  await prepare?.();
  for (;;) {
    const view = await loadView(logs, busy.ports, world.now(), logs.writing);
    const { heads } = view;
    const isForPolicy = files !== undefined || request.local === true || request.looks === true;
    if (view.policyFault !== undefined && !isForPolicy) throw refuse(unknownPolicy(view)!);
    const isValid = before?.heads === heads && !before.events.some(({ event }) => isChosen(event));
    if (isValid && !prepare && !files) return before;
    const claimed = await (await logs.registry()).reader.claims();
    const decision = decideAsSaid(logs, request, { ...view, claimed });
    refuseUnsound(view, decision.events);
    const chosen = decision.events.map(({ event }) => event).filter(isChosen);
    if (inUse || !(await busy.takes(chosen))) return { ...decision, heads, files: (await files?.()) ?? [] };
    await busy.lookAround();
  }
}

/** Translates project names to recorded names. Throws CONFLICT for a name of another project. */
function decideAsSaid<Answer>(logs: Logs, request: Write<Answer>, view: View): Decision<Answer> {
  if (request.literal) return request.decide(view);
  const lens = lensOn(logs, view);
  refuseForeign(logs, lens, request);
  const decision = request.decide(lens.view);
  const events = lens.placed(decision.events);
  return { ...decision, events: withTakenOver(logs, view, events) };
}

/**
 * What a command comes to on a shared registry as last seen, where that is anything. About nothing but this machine's leases it
 * needs no network, and must not fail without one. Else it is decided anew in any case, and once is enough: as the only writer.
 */
export async function decideAsSeen<Answer>({
  logs,
  request,
  busy,
}: Command<Answer>): Promise<Decided<Answer> | undefined> {
  if (logs.remote() === undefined) return undefined;
  const decideNow = async () => {
    await request.prepare?.();
    return decideAsSaid(logs, request, await loadView(logs, busy.ports));
  };
  const decision = await decideNow().catch(noneIfRefused);
  return decision && decision.events.length > 0 ? { ...decision, heads: '', files: [] } : undefined;
}
