/** Makes registries of any length: believable services, people and times, by `git fast-import`. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { monotonicFactory } from 'ulid';
import { encodeEvent } from '../events/encoding.js';
import type { Person } from '../events/envelope.js';
import type { NewEvent, PortEvent } from '../events/event.js';
import { eventPath } from '../events/event-path.js';
import { type PortKey, type PortRef, portKey } from '../events/port.js';
import { commitMessage, subjectOf } from '../src/log/append/commit-message.js';
import { type StreamEnd, stamp } from '../src/log/append/stamp.js';
import { createRegistry } from '../src/log/create/create.js';
import { signedText, withOthers } from '../src/log/signatures/command-text.js';
import { defaultPolicySource } from '../src/policy/default-policy.js';
import { parsePolicy } from '../src/policy/policy-file.js';

export interface Generated {
  /** Of all events together. */
  events: number;
  /** Ports that are held at the end, and nearly so all the time. */
  live: number;
  /** When the history begins and ends, in milliseconds since 1970. */
  from: number;
  to: number;
  /** Signs each command; the line of `allowed_signers` stands in the first commit. */
  signer?: { allowed: string; sign: (text: string) => string } | undefined;
}

const PEOPLE = [
  'Ada Lovelace',
  'Ben Okafor',
  'Carla Ruiz',
  'Dmitri Volkov',
  'Elif Aydın',
  'Farid Haddad',
  'Grace Kim',
];
const SYSTEMS = [
  'orders',
  'billing',
  'search',
  'catalog',
  'users',
  'mail',
  'stock',
  'reports',
  'chat',
  'maps',
  'video',
  'docs',
];
const PARTS = ['api', 'web', 'worker', 'cache', 'db', 'admin', 'sync', 'metrics', 'proxy', 'jobs'];
const TEAMS = ['team-shop', 'team-data', 'team-platform', 'team-mobile'];
const REASONS = [
  'new service',
  'moved from the old cluster',
  'debugging on call',
  'load test',
  'the port clashed',
  'split off',
];
/** Where services are: all ports of these hold a registry that is large, a thousand of each one that is not. */
const RANGES = parsePolicy(defaultPolicySource()).ranges.filter(
  ({ dynamic, reserved, from }) => !dynamic && !reserved && from >= 20_000,
);
const SHARES = ['port.released', 'port.allocated', 'move', 'port.described'] as const;

interface Claim extends PortRef {
  resource: string;
  name: string;
  range: string;
}

/** A bare registry at `path`. The same numbers give the same history, but for its commits' tree of files at the start. */
export async function generateHistory(
  path: string,
  { events, live, from, to, signer }: Generated,
): Promise<void> {
  await createRegistry(path, { bare: true });
  const registry: string = JSON.parse(git(path, 'show', 'main:policy.json')).id;
  const random = randomNumbers(events * 31 + live);
  const ranges = RANGES.slice(0, live > 3_000 ? undefined : 6);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  const ends = new Map<PortKey, StreamEnd>();
  const claims: Claim[] = [];
  const taken = new Set<PortKey>();
  const numbers = new Map<string, number>();
  const newId = monotonicFactory(random);
  const importer = spawn(
    'git',
    ['-C', path, '-c', 'pack.compression=1', 'fast-import', '--quiet', '--done', '--depth=10'],
    {
      stdio: ['pipe', 'inherit', 'inherit'],
    },
  );
  const write = async (text: string) => {
    if (!importer.stdin.write(text)) await once(importer.stdin, 'drain');
  };
  await write(`reset refs/heads/main\nfrom ${git(path, 'rev-parse', 'main')}\n`);
  const texts = new Map<string, string>();
  const signed = (stamped: PortEvent[]): PortEvent[] => {
    if (!signer) return stamped;
    const before = (event: PortEvent) =>
      event.version === 1 ? undefined : texts.get(eventPath(event, event.version - 1));
    const [first, ...others] = stamped.map((event) => ({ event, before: before(event) }));
    const command = withOthers({ first: first!, others });
    const sig = signer.sign(signedText(registry, command));
    const all = [{ ...command.first.event, sig } as PortEvent, ...stamped.slice(1)];
    for (const event of all) texts.set(eventPath(event, event.version), encodeEvent(event));
    return all;
  };
  if (signer) {
    const by = { name: 'Ada Lovelace', email: 'ada@example.com', host: 'desk' };
    const file = `M 100644 inline allowed_signers\ndata ${Buffer.byteLength(signer.allowed)}\n${signer.allowed}`;
    await write(`commit refs/heads/main\n${person(by, from)}data 5\nsigns\n${file}\n`);
  }

  const freePort = (): Claim => {
    for (;;) {
      const range = pick(ranges);
      const port = range.from + Math.floor(random() * (range.to - range.from + 1));
      const ref = { port, protocol: random() < 0.97 ? ('tcp' as const) : ('udp' as const) };
      if (taken.has(portKey(ref))) continue;
      const base = `${pick(SYSTEMS)}-${pick(PARTS)}`;
      const count = (numbers.get(base) ?? 0) + 1;
      numbers.set(base, count);
      return { ...ref, resource: count === 1 ? base : `${base}-${count}`, name: 'main', range: range.id };
    }
  };
  const grant = ({ range, ...claim }: Claim, more: object = {}): NewEvent => {
    taken.add(portKey(claim));
    claims.push({ ...claim, range });
    return { type: 'port.allocated', ...claim, range, owner: pick(TEAMS), reason: pick(REASONS), ...more };
  };
  const drop = (): Claim => {
    const [claim] = claims.splice(Math.floor(random() * claims.length), 1);
    taken.delete(portKey(claim!));
    return claim!;
  };
  const decide = (left: number): NewEvent[] => {
    const missing = live - claims.length;
    if (claims.length === 0 || missing >= left || (missing > 0 && random() < 0.7)) return [grant(freePort())];
    const kind = -missing >= left ? 'port.released' : pick(SHARES);
    if (kind === 'port.allocated') return [grant(freePort())];
    if (kind === 'port.described') {
      const { range: _, ...claim } = pick(claims);
      return [{ type: 'port.described', ...claim, owner: pick(TEAMS) }];
    }
    const { range: _, ...old } = drop();
    if (kind === 'move' && left > 1) {
      const target = { ...freePort(), resource: old.resource, protocol: old.protocol };
      if (!taken.has(portKey(target)))
        return [{ type: 'port.released', ...old, to: target.port }, grant(target, { from: old.port })];
    }
    return [{ type: 'port.released', ...old, reason: 'switched off' }];
  };

  let mark = 0;
  for (let done = 0; done < events; ) {
    const decided = decide(events - done);
    const own = new Map(
      decided.map((event) => {
        const key = portKey(event);
        return [key, ends.get(key) ?? { version: 0, last: '', at: '' }];
      }),
    );
    const name = pick(PEOPLE);
    const by: Person = { name, email: `${name.split(' ')[0]!.toLowerCase()}@example.com`, host: 'desk' };
    const at = Math.floor(from + ((to - from) * done) / events);
    const stamped = signed(stamp(decided, own, { by, at, newId }));
    for (const event of stamped)
      ends.set(portKey(event), { version: event.version, last: event.id, at: event.at });
    const subject = subjectOf(decided);
    // Every twentieth change comes by a pull request.
    if (done % 20 === 19) {
      await write(commit('refs/heads/topic', stamped, subject, { by, at, from: 'refs/heads/main' }, ++mark));
      const merge = `Merge pull request #${done} from ${by.email.split('@')[0]}/ports\n\n${subject}\n`;
      await write(
        `commit refs/heads/main\n${person(by, at)}data ${Buffer.byteLength(merge)}\n${merge}merge :${mark}\n${changes(stamped)}\n`,
      );
    } else {
      await write(commit('refs/heads/main', stamped, subject, { by, at }, ++mark));
    }
    done += stamped.length;
  }
  importer.stdin.end('done\n');
  await once(importer, 'close');
  execFileSync('git', ['-C', path, 'update-ref', '-d', 'refs/heads/topic']);
}

function git(path: string, ...args: string[]): string {
  return execFileSync('git', ['-C', path, ...args], { encoding: 'utf8' }).trim();
}

function commit(
  ref: string,
  events: PortEvent[],
  subject: string,
  { by, at, from }: { by: Person; at: number; from?: string },
  mark: number,
): string {
  const message = commitMessage(subject, events);
  const parent = from ? `from ${from}\n` : '';
  return `commit ${ref}\nmark :${mark}\n${person(by, at)}data ${Buffer.byteLength(message)}\n${message}${parent}${changes(events)}\n`;
}

function person({ name, email }: Person, at: number): string {
  const who = `${name} <${email}> ${Math.floor(at / 1000)} +0000`;
  return `author ${who}\ncommitter ${who}\n`;
}

function changes(events: PortEvent[]): string {
  return events
    .map((event) => {
      const text = encodeEvent(event);
      return `M 100644 inline ${eventPath(event, event.version)}\ndata ${Buffer.byteLength(text)}\n${text}`;
    })
    .join('\n');
}

/** Numbers from 0 to 1 that are the same in each run (Mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let it = Math.imul(state ^ (state >>> 15), 1 | state);
    it = (it + Math.imul(it ^ (it >>> 7), 61 | it)) ^ it;
    return ((it ^ (it >>> 14)) >>> 0) / 4294967296;
  };
}
