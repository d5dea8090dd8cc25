import type { PortRef } from '../../../../events/port.js';
import { VportsError, type Warning } from '../../../errors.js';
import type { Caller } from '../../caller.js';
import { meansPort, requirePortName, requireResource } from '../../input.js';
import { ofOtherProjects } from '../../project/own-view.js';
import { refusePort } from '../../query/port-for-resource.js';
import { show, singlePort } from '../../query/queries.js';
import { judgedAnswer } from '../../state/judged-answer.js';
import type { Logs } from '../../state/logs.js';
import { waitingWarnings } from '../../state/pending-claims.js';
import { type At, nameOnRecord, viewOf, viewWithOwnClaims } from '../../state/views.js';

type Answer = PortRef & { warnings: Warning[] };

export async function get(
  { logs }: Caller,
  resource: string,
  name: string | undefined,
  at: At,
): Promise<Answer> {
  if (meansPort(resource)) refusePort(await viewOf(logs, at), resource);
  requireResource(resource);
  if (name !== undefined) requirePortName(name);
  const answer = () => portOf(logs, resource, name, at);
  return at.at === undefined ? judgedAnswer(logs, answer, (it) => [it]) : answer();
}

async function portOf(logs: Logs, resource: string, name: string | undefined, at: At): Promise<Answer> {
  const view = await viewWithOwnClaims(logs, at);
  const on = nameOnRecord(logs, view, resource);
  const ports = show(view, on);
  const holding = name === undefined ? (ports.get('main') ?? singlePort(resource, ports)) : ports.get(name);
  if (holding) {
    const { port, protocol } = holding;
    const others = ofOtherProjects(logs, view, [{ resource: on }]);
    return { port, protocol, warnings: [...waitingWarnings(view, [holding]), ...others] };
  }
  throw new VportsError('NOT_HELD', `${resource} holds no port named ${name}`, {
    hint: `it holds ${[...ports.keys()].join(', ')}`,
    details: { resource, name, names: [...ports.keys()] },
  });
}
