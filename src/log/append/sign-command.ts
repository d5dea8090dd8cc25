import { encodeEvent } from '../../../events/encoding.js';
import type { PortEvent } from '../../../events/event.js';
import { eventPath, pathOf } from '../../../events/event-path.js';
import { VportsError } from '../../errors.js';
import type { Policy } from '../../policy/policy.js';
import { signsBySsh, signWithSsh, sshSigner } from '../git/program/ssh-sign.js';
import { NAMESPACE, type StreamFile, signedText, withOthers } from '../signatures/command-text.js';
import { withoutArmor } from '../signatures/sshsig.js';

/** No reader takes a larger one. Bytes. */
const LARGEST_EVENT = 65_536;

/** The last signed command: after a lost race it keeps ids, time and signature as long as its lines are the same. */
export interface LastSigned {
  events: PortEvent[];
  text: string;
  sig: string;
}

/** Whether the events of a command are signed, by the policy and the user's git. */
export function signsEvents({ signatures }: Policy, commondir: string): boolean {
  return signatures === 'required' || (signatures === 'accepted' && signsBySsh(commondir));
}

interface Signing {
  policy: Policy;
  commondir: string;
  /** The bytes of the previous event of the stream. */
  before: (event: PortEvent) => Promise<string | undefined>;
}

/**
 * The events of a command with its signature in the first one. `again`: the same events with the ids and time of the last signed ones.
 * Throws CANNOT_WRITE without a key or a registry id.
 */
export async function signCommand(
  events: PortEvent[],
  { last, again, ...signing }: Signing & { last: LastSigned | undefined; again: PortEvent[] | undefined },
): Promise<LastSigned> {
  const signer = sshSigner(signing.commondir);
  if (last && again && (await unsignedText(again, signing)).text === last.text) return last;
  const { first, text } = await unsignedText(events, signing);
  const sig = withoutArmor(await signWithSsh(text, NAMESPACE, signer));
  if (sig === undefined)
    throw new VportsError('CANNOT_WRITE', `${signer.program} made no SSH signature`, {
      hint: '`git config --global --get gpg.ssh.program` names the program; nothing was written',
    });
  const signed = { ...first, sig } as PortEvent;
  if (Buffer.byteLength(encodeEvent(signed)) > LARGEST_EVENT)
    throw new VportsError(
      'CANNOT_WRITE',
      `a signature of ${sig.length} characters does not fit into an event`,
      {
        hint: 'sign with an ed25519 key: `ssh-keygen -t ed25519`',
      },
    );
  return { events: [signed, ...events.slice(1)], text, sig };
}

/** The events of a command, signed where policy and git's configuration want it. `textAt` returns the previous content of a path. */
export async function signAsConfigured(
  events: PortEvent[],
  { policy, commondir, textAt }: Omit<Signing, 'before'> & { textAt: (path: string) => string | undefined },
): Promise<PortEvent[]> {
  if (!signsEvents(policy, commondir)) return events;
  const before = async (event: PortEvent) => textAt(eventPath(event, event.version - 1));
  return (await signCommand(events, { policy, commondir, before, last: undefined, again: undefined })).events;
}

async function unsignedText(
  events: PortEvent[],
  { policy, before }: Signing,
): Promise<{ first: PortEvent; text: string }> {
  if (policy.id === undefined) throw withoutId();
  const own = new Set(events.map(pathOf));
  const files: StreamFile[] = [];
  for (const event of events) {
    const isOwn = event.version > 1 && own.has(eventPath(event, event.version - 1));
    files.push({ event, before: isOwn || event.version === 1 ? undefined : await before(event) });
  }
  const command = withOthers({ first: files[0]!, others: files.slice(1) });
  return { first: command.first.event, text: signedText(policy.id, command) };
}

function withoutId(): VportsError {
  return new VportsError('CANNOT_WRITE', 'events cannot be signed: policy.json has no id of the registry', {
    hint: '`vports doctor --fix` gives it one, in a commit',
  });
}
