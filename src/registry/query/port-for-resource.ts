import { labelOf } from '../../../events/names.js';
import { formatPort, parsePort, portArgument } from '../../../events/port.js';
import { VportsError } from '../../errors.js';
import { holderAt, type View } from '../decide/view.js';

/** Throws BAD_NAME for a port given as a resource; the hint names its holder and the right command. */
export function refusePort(view: View, text: string, verb?: 'release' | 'reassign' | 'describe'): void {
  const ref = parsePort(text);
  if (!ref) return;
  const holder = holderAt(view, ref);
  const port = portArgument(ref);
  const meant = holder && verb && `\`vports ${verb} ${holder.resource} --port ${port}\``;
  throw new VportsError(
    'BAD_NAME',
    `${text} is a port${holder ? ` of ${labelOf(holder)}` : ''}; expected a resource name`,
    {
      hint:
        meant ??
        (holder
          ? `see \`vports who ${port}\``
          : verb === 'reassign'
            ? `for the new port: \`vports reassign NAME --to ${port}\``
            : `nobody holds ${formatPort(ref)}; see \`vports check ${port}\``),
      details: { port: ref.port, protocol: ref.protocol, resource: holder?.resource ?? null },
    },
  );
}
