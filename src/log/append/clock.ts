import { join } from 'node:path';
import type { PortEvent } from '../../../events/event.js';
import { formatPort, portArgument } from '../../../events/port.js';
import { attempt } from '../../attempt.js';
import type { Warning } from '../../errors.js';
import { statSync } from '../../world/files.js';
import type { Repository } from '../git/repository.js';

/** Honest clocks differ by less than a day; a registry in use is written at least once a year. Milliseconds. */
const [DAY, YEAR] = [86_400_000, 366 * 86_400_000];

/** Time of the last move of the first existing ref, by this machine's clock, in milliseconds since 1970; undefined if unknown. */
export function lastMoved({ commondir }: Repository, refs: (string | undefined)[]): number | undefined {
  for (const name of [...refs, 'packed-refs']) {
    const path = name && join(commondir, name);
    const found = path ? attempt(() => statSync(path, { throwIfNoEntry: false })) : undefined;
    if (found?.isFile()) return found.mtimeMs;
  }
  return undefined;
}

/**
 * Warnings about a clock that disagrees with the previous events or with the last write here. Only warnings: a wrong clock must not
 * keep anybody from releasing a port.
 */
export function clockWarnings(
  events: readonly PortEvent[],
  { now, last }: { now: number; last: number | undefined },
): Warning[] {
  const ahead = events.find((it) => Date.parse(it.at) - now > DAY);
  if (ahead) {
    return [
      {
        code: 'BAD_TIME',
        message: `this machine's clock says ${iso(now)}, but the previous event of ${formatPort(ahead)} is dated ${ahead.at}; the new event gets the same time`,
        hint: `one of the two clocks is wrong; \`vports log ${portArgument(ahead)}\` shows who wrote it`,
      },
    ];
  }
  if (last === undefined || (now - last < YEAR && last - now < DAY)) return [];
  return [
    {
      code: 'BAD_TIME',
      message: `this machine's clock says ${iso(now)}, but the registry was last written here on ${iso(last)}`,
      hint: 'if the clock is wrong, set it: this time cannot be corrected later, and later events of the port will follow it',
    },
  ];
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
