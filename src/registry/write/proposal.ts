import { HIGHEST_PORT } from '../../../events/port.js';
import { reservedRangesIn } from '../../documents/formats/shell-registry/read-shell-registry.js';
import { readRegularText } from '../../files/regular-file.js';
import { parseBounds, rangeOf } from '../../policy/policy.js';
import { proposedPolicy } from '../../policy/propose.js';
import type { Logs } from '../state/logs.js';
import { gatherEntries } from '../update-documents/gather-entries.js';

/** A policy for all ports of documents and holdings; ranges reserved by shell registries stay reserved. */
export async function proposal(
  logs: Logs,
  paths: string[],
  format: string,
): Promise<{ source: string; ports: number; outside: number }> {
  const log = await logs.registry();
  const { policy, holdings } = await log.reader.state();
  const { entries, files } = gatherEntries(paths, { format, progress: logs.progress });
  const claims = entries.flatMap(({ side, port }) => (side === 'host' && port !== undefined ? [port] : []));
  const ports = [...new Set([...claims, ...[...holdings].map(({ port }) => port)])];
  const wished = entries.flatMap(({ wish, side }) => (side === 'host' ? boundsIn(wish) : []));
  const reserved = files
    .filter((file) => /\.(sh|bash)$/.test(file))
    .flatMap((file) => reservedRangesIn(readRegularText(file)))
    .filter(({ from, to }) => from >= 1 && to <= HIGHEST_PORT);
  return {
    source: proposedPolicy(await log.reader.policySource(), policy, ports, reserved, wished),
    ports: ports.length,
    outside: ports.filter((port) => !rangeOf(policy, port)).length,
  };
}

function boundsIn(wish = ''): { from: number; to: number }[] {
  const bounds = parseBounds(wish);
  return bounds && bounds.from >= 1 && bounds.from < bounds.to && bounds.to <= HIGHEST_PORT ? [bounds] : [];
}
