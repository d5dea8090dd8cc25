import { MAIN } from '../../../../events/names.js';
import { badUsage } from '../../../errors.js';
import { listenersOn } from '../../../host/listeners-on-port.js';
import {
  asMeantHere,
  type HereOptions,
  type Leasing,
  portsOf,
  type Surroundings,
  urlOf,
} from '../../here/index.js';

export interface Reached {
  url: string;
  port: number;
  listening: boolean;
}

export async function urlHere(
  place: Surroundings & { registry: Leasing },
  what: string | undefined,
  options: HereOptions,
): Promise<Reached> {
  const texts = what === undefined ? [] : [what];
  return asMeantHere(place, texts, options, async ({ view, targets, look }) => {
    const [target] = targets;
    const leasing = options.leases === false ? undefined : place.registry;
    const ports = await portsOf(target!, view, leasing, look);
    const found = ports.length === 1 ? ports[0]! : ports.find(({ name }) => name === MAIN);
    if (!found) {
      throw badUsage(
        `${target!.resource} has ${ports.length} ports and none is named main`,
        `choose one: ${ports.map(({ name }) => `\`vports url ${target!.base}/${name}\``).join(', ')}`,
        { details: { names: ports.map(({ name }) => name) } },
      );
    }
    if (found.protocol === 'udp') {
      throw badUsage(
        `${found.port}/udp is a UDP port; it has no URL`,
        `for the number: \`vports get ${found.resource} ${found.name}\``,
      );
    }
    const listeners = await listenersOn(found);
    return { url: urlOf(found), port: found.port, listening: listeners.some(({ connected }) => !connected) };
  });
}
