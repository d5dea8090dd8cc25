import type { PortEvent } from '../../events/event.js';
import { portsInProse, type SpokenPort } from '../documents/prose.js';
import { readRegularText } from '../regular-file.js';
import type { DocumentProblem } from './document-check.js';
import type { Logs } from './logs.js';
import { holderAt, holdingNamed, type View } from './view.js';

/** A text in the folder of a resource. */
export interface Prose {
  file: string;
  resource: string;
  /** Where it has just been read. */
  text?: string;
}

/** Where texts speak of a port that their resource had once, and nobody has now. `docs` writes no prose: a person mends it. */
export async function staleProse(logs: Logs, view: View, texts: Prose[]): Promise<DocumentProblem[]> {
  const spoken = texts.flatMap(({ file, resource, text }) =>
    spokenIn(file, text)
      .filter(({ port }) => !holderAt(view, { port, protocol: 'tcp' }))
      .map((it) => ({ ...it, file, resource })),
  );
  if (spoken.length === 0) return [];
  const ports = [...new Set(spoken.map(({ port }) => port))];
  const events = await (await logs.registry()).events(ports.map((port) => ({ port, protocol: 'tcp' })));
  return spoken.flatMap(({ file, resource, port, line, column }) => {
    const name = nameBefore(events as PortEvent[], resource, port);
    if (name === undefined) return [];
    const now = holdingNamed(view, resource, name);
    const message = now
      ? `${resource} (${name}) had ${port} once, and has ${now.port} now`
      : `${resource} (${name}) had ${port} once, and gave it back`;
    const fix = now ? `write ${now.port}` : null;
    return [{ code: 'STALE_PROSE', level: 'error', file, line, column, port, message, fix }];
  });
}

/** Under which name a resource had a port last. */
function nameBefore(events: PortEvent[], resource: string, port: number): string | undefined {
  return events
    .filter((it) => it.port === port && it.resource === resource && it.type === 'port.released')
    .sort((a, b) => b.version - a.version)[0]?.name;
}

function spokenIn(file: string, text?: string): SpokenPort[] {
  try {
    return portsInProse(text ?? readRegularText(file));
  } catch {
    // What cannot be read says nothing.
    return [];
  }
}
