import type { PortEvent } from '../../../events/event.js';
import { pathOf } from '../../../events/event-path.js';
import type { EventReader } from '../../log/event-log.js';
import { openRepository } from '../../log/git/index.js';
import { Audit } from '../../log/inspect/index.js';
import {
  type AllowedSigner,
  type Command,
  commandsIn,
  parseAllowedSigners,
  verifyCommand,
} from '../../log/signatures/index.js';
import type { Verdict } from '../../log/verdict.js';
import type { EventWithOrigin } from './history.js';
import type { Logs } from './logs.js';

/** For more commands than this, one walk of the history is faster than a question about each of their commits. */
const MANY = 50;

/** Adds signature verdicts to events of signed commands. */
export async function withSignatures(logs: Logs, events: EventWithOrigin[]): Promise<EventWithOrigin[]> {
  const listed = new Map(events.map((event) => [event.id, event]));
  // Most registries sign nothing: only a command whose first event is not listed has to be looked up.
  const isSigned = (event: EventWithOrigin) => {
    const first = event.batch === undefined ? event : listed.get(event.batch);
    return event.log === 'registry' && (first === undefined || first.sig !== undefined);
  };
  if (logs.embedded || !events.some(isSigned)) return events;
  const { reader } = await logs.registry();
  const { id } = (await reader.state()).policy;
  return Audit.of(openRepository(logs.place.path), async (audit) => {
    const asked = new Map(events.filter(isSigned).map((event) => [event.batch ?? event.id, event]));
    const commands = commandsAmong(events);
    const signersOf = await signersFor(audit, asked.size);
    const verdicts = new Map<string, Verdict>();
    for (const [key, event] of asked) {
      const command = commands.get(key) ?? (await commandOf(event, reader));
      // Without its first event a command has no signature; the gate refuses half of one.
      if (command?.first.event.sig !== undefined)
        verdicts.set(key, verifyCommand(id, command, await signersOf(event)));
    }
    return events.map((event) => {
      const signature = isSigned(event) ? verdicts.get(event.batch ?? event.id) : undefined;
      return signature ? { ...event, signature } : event;
    });
  });
}

/** Gives the signers that the shared branch had before an event. */
async function signersFor(
  audit: Audit,
  commands: number,
): Promise<(event: EventWithOrigin) => Promise<AllowedSigner[]>> {
  const blobs =
    commands > MANY && audit.canWalk ? await audit.signersOfEvents(await audit.commit()) : new Map();
  const known = new Map<string, AllowedSigner[]>();
  const parsed = (text = '') => {
    const signers = known.get(text) ?? parseAllowedSigners(text);
    known.set(text, signers);
    return signers;
  };
  const texts = new Map<string, string>();
  return async (event) => {
    const path = pathOf(event);
    if (!blobs.has(path)) {
      const brought = event.merge ?? event.commit;
      const [before] = brought === null ? [] : (await audit.about(brought)).parents;
      return parsed(before === undefined ? undefined : await audit.text(before, 'allowed_signers'));
    }
    const blob = blobs.get(path);
    if (blob === undefined) return parsed();
    const text = texts.get(blob) ?? (await audit.blob(blob));
    texts.set(blob, text);
    return parsed(text);
  };
}

/** The commands of which all events and their predecessors are listed. */
function commandsAmong(events: EventWithOrigin[]): Map<string, Command> {
  const commands = commandsOf(events.filter(({ log }) => log === 'registry'));
  const isWhole = ({ first, others }: Command) =>
    others.length === (first.event.with?.files ?? 0) &&
    [first, ...others].every(({ event, before }) => event.version === 1 || before !== undefined);
  return new Map([...commands].filter(([, command]) => isWhole(command)));
}

/** All events of the command and their predecessors, from the streams of its ports. */
async function commandOf(
  { batch, commit, ...event }: EventWithOrigin,
  reader: EventReader,
): Promise<Command | undefined> {
  const own = batch === undefined || commit === null ? [] : await reader.addedBy(commit);
  const refs = own.filter((it) => it.batch === batch);
  const streams = await reader.events(refs.length > 0 ? refs : [event]);
  return commandsOf(streams).get(batch ?? event.id);
}

function commandsOf(events: PortEvent[]): Map<string, Command> {
  return commandsIn(new Map(events.map((event) => [pathOf(event), event])));
}
