import { MAIN } from '../../../events/names.js';
import type { Protocol } from '../../../events/port.js';
import type { ResourceFolder } from '../../documents/resource-folder.js';
import { badUsage, VportsError } from '../../errors.js';
import type { PortRequest } from '../decide/allocate.js';
import { requirePort, requirePortName } from '../input.js';

/** The size of the largest ranges. */
const LARGEST_BLOCK = 1_000;

/**
 * The ports asked for by `--port NAME[=PREFERRED][/udp]` or `--port PREFERRED`, with what service.json knows of those
 * names; with no --port, the names of service.json; failing that, `main`. With `block`, one name means that many ports.
 * Throws BAD_NAME, BAD_PORT, BAD_USAGE.
 */
export function requestedPorts(
  options: string[],
  folder: ResourceFolder | undefined,
  block: number | undefined,
): PortRequest[] {
  if (block !== undefined && !(Number.isInteger(block) && block >= 1 && block <= LARGEST_BLOCK)) {
    throw badUsage(`invalid block size ${String(block).slice(0, 20)}`, `choose 1 to ${LARGEST_BLOCK}`);
  }
  const wants = options.length > 0 ? options.map((text) => fromOption(text, folder)) : fromService(folder);
  const twice = wants.find((want, index) => wants.findIndex((it) => it.name === want.name) < index);
  if (twice) {
    throw badUsage(`the port name ${twice.name} is given twice`, 'name each port once');
  }
  return block === undefined ? wants : blockOf(wants, block);
}

export function containerPorts(options: string[], names: string[]): Map<string, number> {
  const usual = names.includes(MAIN) ? MAIN : names[0];
  return new Map(
    options.map((text) => {
      const [name, number] = text.includes('=') ? text.split(/=(.*)/s) : [usual, text];
      if (name === undefined || !names.includes(name)) {
        throw new VportsError('NOT_HELD', `no port named ${JSON.stringify((name ?? '').slice(0, 80))}`, {
          hint: `the ports are ${names.join(', ')}`,
        });
      }
      return [name, requirePort(number!).port];
    }),
  );
}

function fromOption(text: string, folder: ResourceFolder | undefined): PortRequest {
  const bare = /^[0-9]/.test(text);
  const [, name = MAIN, preferred, suffix] = bare ? ['', MAIN, text, undefined] : split(text);
  const known = folder?.service?.ports.find((port) => port.name === name);
  const wish = known?.range ?? folder?.service?.range;
  requirePortName(name);
  if (preferred !== undefined) {
    const ref = requirePort(preferred + (suffix ?? ''));
    return { name, protocol: ref.protocol, preferred: { port: ref.port, source: '--port' }, wish };
  }
  const protocol: Protocol =
    suffix === undefined ? (known?.protocol ?? 'tcp') : suffix === '/udp' ? 'udp' : 'tcp';
  return {
    name,
    protocol,
    wish,
    ...(known?.port && { preferred: { port: known.port, source: 'service.json' } }),
  };
}

function split(text: string): (string | undefined)[] {
  const [name, number] = text.split(/=(.*)/s);
  if (number !== undefined) return [text, name, number, undefined];
  const protocol = /^(.*)(\/tcp|\/udp)$/s.exec(text);
  return protocol ? [text, protocol[1], undefined, protocol[2]] : [text, name, undefined, undefined];
}

function fromService(folder: ResourceFolder | undefined): PortRequest[] {
  const ports = folder?.service?.ports ?? [];
  if (ports.length === 0) return [{ name: MAIN, protocol: 'tcp' }];
  return ports.map(({ name, port, protocol, range }) => ({
    name: requirePortName(name),
    protocol,
    wish: range ?? folder?.service?.range,
    ...(port !== undefined && { preferred: { port, source: 'service.json' } }),
  }));
}

function blockOf(wants: PortRequest[], size: number): PortRequest[] {
  if (wants.length === size) return wants;
  if (wants.length > 1) {
    throw badUsage(`${wants.length} names for a block of ${size}`, `pass one --port name, or ${size}`);
  }
  const [first] = wants as [PortRequest];
  return Array.from({ length: size }, (_, index) => {
    if (index === 0) return first;
    return {
      name: requirePortName(`${first.name}-${index + 1}`),
      protocol: first.protocol,
      wish: first.wish,
    };
  });
}
