import type { Stats } from 'node:fs';
import { join } from 'node:path';
import type { PortEvent } from '../../../events/event.js';
import { formatPort, portArgument } from '../../../events/port.js';
import type { Warning } from '../../errors.js';
import { statSync } from '../../world/files.js';
import type { Repository } from '../git/repository.js';

/** Two honest clocks are less than this apart; and a registry that is used is written at least so often. Milliseconds. */
const [DAY, YEAR] = [86_400_000, 366 * 86_400_000];

/** When the first of these refs that is there was last moved, by this machine's clock, in milliseconds since 1970; undefined where no file tells. */
export function lastMoved({ commondir }: Repository, refs: (string | undefined)[]): number | undefined {
  for (const name of [...refs, 'packed-refs']) {
    const found = name === undefined ? undefined : statOf(join(commondir, name));
    if (found?.isFile()) return found.mtimeMs;
  }
  return undefined;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // Nothing is known of it then.
    return undefined;
  }
}

/**
 * What speaks against the clock that these events were written by: `now`, the last write here, and the time of the events, which is
 * that of the event before where that was later. Nothing is refused for it: a clock that is wrong must not keep a port from being released.
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
        message: `this machine's clock says ${iso(now)}, and the event before of ${formatPort(ahead)} is of ${ahead.at}: the new one takes that time`,
        hint: `one of two clocks is wrong; \`vports log ${portArgument(ahead)}\` shows who wrote it`,
      },
    ];
  }
  if (last === undefined || (now - last < YEAR && last - now < DAY)) return [];
  return [
    {
      code: 'BAD_TIME',
      message: `this machine's clock says ${iso(now)}, and the registry was last written here on ${iso(last)}`,
      hint: 'if the clock is wrong, set it: the event has that time for good, and the ones after it in its stream',
    },
  ];
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
