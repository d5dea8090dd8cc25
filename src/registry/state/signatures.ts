import { encodeEvent } from '../../../events/encoding.js';
import { eventPath } from '../../../events/event-path.js';
import type { EventReader } from '../../log/event-log.js';
import { openRepository } from '../../log/git/index.js';
import { Audit } from '../../log/inspect/index.js';
import { type Command, commandsIn, parseAllowedSigners, verifyCommand } from '../../log/signatures/index.js';
import type { Verdict } from '../../log/verdict.js';
import type { EventWithOrigin } from './history.js';
import type { Logs } from './logs.js';

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
  const audit = new Audit(openRepository(logs.place.path));
  const verdicts = new Map<string, Promise<Verdict>>();
  const verdictOf = (event: EventWithOrigin): Promise<Verdict> => {
    const key = event.batch ?? event.id;
    const known = verdicts.get(key) ?? verdictOn(event, { reader, audit, id });
    verdicts.set(key, known);
    return known;
  };
  try {
    const found: EventWithOrigin[] = [];
    for (const event of events) {
      const verdict = isSigned(event) ? await verdictOf(event) : undefined;
      found.push(
        verdict === undefined || verdict.is === 'unsigned' ? event : { ...event, signature: verdict },
      );
    }
    return found;
  } finally {
    audit.close();
  }
}

async function verdictOn(
  event: EventWithOrigin,
  { reader, audit, id }: { reader: EventReader; audit: Audit; id: string | undefined },
): Promise<Verdict> {
  const command = await commandOf(event, reader);
  // Without its first event a command has no signature; the gate refuses half of one.
  if (command?.first.event.sig === undefined) return { is: 'unsigned' };
  const brought = event.merge ?? event.commit;
  const [before] = brought === null ? [] : (await audit.about(brought)).parents;
  const signers = before === undefined ? undefined : await audit.text(before, 'allowed_signers');
  return verifyCommand(id, command, parseAllowedSigners(signers ?? ''));
}

/** All events of the command and their predecessors, from the streams of its ports. */
async function commandOf(
  { batch, commit, ...event }: EventWithOrigin,
  reader: EventReader,
): Promise<Command | undefined> {
  const own = batch === undefined || commit === null ? [] : await reader.addedBy(commit);
  const refs = own.filter((it) => it.batch === batch);
  const streams = await reader.events(refs.length > 0 ? refs : [event]);
  const files = new Map(streams.map(({ path: _, ...it }) => [eventPath(it, it.version), it]));
  return commandsIn(files as Parameters<typeof commandsIn>[0], (path) => {
    const before = files.get(path);
    return before && encodeEvent(before as Parameters<typeof encodeEvent>[0]);
  }).get(batch ?? event.id);
}
