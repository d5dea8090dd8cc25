import { labelOf } from '../../../events/names.js';
import { formatPort, parsePort, portArgument } from '../../../events/port.js';
import { VportsError } from '../../errors.js';
import { holderAt, type View } from '../decide/view.js';

/** Throws BAD_NAME for a port where a resource is to be named: with who holds it, and what to type instead. */
export function refusePort(view: View, text: string, verb?: 'release' | 'reassign' | 'describe'): void {
  const ref = parsePort(text);
  if (!ref) return;
  const holder = holderAt(view, ref);
  const port = portArgument(ref);
  const meant = holder && verb && `\`vports ${verb} ${holder.resource} --port ${port}\``;
  throw new VportsError(
    'BAD_NAME',
    `${text} is a port${holder ? ` of ${labelOf(holder)}` : ''}, and the name of a resource is needed`,
    {
      hint:
        meant ??
        (holder
          ? `\`vports who ${port}\` shows who has it`
          : `nobody holds ${formatPort(ref)}: \`vports check ${port}\` shows whether it can be had`),
      details: { port: ref.port, protocol: ref.protocol, resource: holder?.resource ?? null },
    },
  );
}
