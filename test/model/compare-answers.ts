/** What every reading verb answers, held against what the files of the events say. */
import { execFileSync } from 'node:child_process';
import type { Registry } from '../../src/registry/registry.js';
import type { Chance, RandomHistory } from './random-history.js';
import {
  eventsAt,
  eventsUntil,
  type FileEvent,
  filesAt,
  type Held,
  heldAfter,
  inOrder,
  streamsOf,
} from './read-format.js';

const KEYS = [
  'protocol',
  'port',
  'resource',
  'project',
  'name',
  'range',
  'owner',
  'reason',
  'lease',
  'since',
  'by',
] as const;

const TEN_MINUTES = 600_000;

/** Answers that were compared, and those that were others than the files say. */
export class Comparison {
  count = 0;
  readonly differences: string[] = [];
  readonly #history: RandomHistory;
  readonly #chance: Chance;
  #registry!: Registry;

  constructor(history: RandomHistory, chance: Chance) {
    this.#history = history;
    this.#chance = chance;
  }

  #same(what: string, answer: unknown, expected: unknown): void {
    this.count++;
    const [is, wanted] = [JSON.stringify(answer), JSON.stringify(expected)];
    if (is !== wanted) this.differences.push(`${what}\n  is     ${is}\n  wanted ${wanted}`);
  }

  #each<T>(what: string, answers: readonly T[], expected: readonly T[]): void {
    for (let at = 0; at < Math.max(answers.length, expected.length, 1); at++)
      this.#same(`${what} [${at}]`, answers[at], expected[at]);
  }

  /** Asks all that can be asked, of some moments of the past too. */
  async compare(): Promise<void> {
    this.#registry = this.#history.open();
    try {
      const main = eventsAt(this.#history.path, this.#history.commitOf('main'));
      const leases = this.#history.leaseEvents;
      const held = [...heldAfter(main), ...heldAfter(leases)].sort(byPort);
      await this.#states(main, leases, held);
      await this.#names(held);
      await this.#ports(main, leases, held);
      await this.#logs(main, leases);
      await this.#differences();
      await this.#whole(main, leases, held);
      await this.#branches();
    } finally {
      await this.#registry.close();
    }
  }

  /** `list` and `ranges`, now, at a commit, at the tip of a branch and at a time. */
  async #states(main: FileEvent[], leases: FileEvent[], held: Held[]): Promise<void> {
    this.#each('list', (await this.#registry.list()).map(inKeys), held.map(inKeys));
    for (const filter of [
      { owner: 'team-a' },
      { resource: 'w*' },
      { range: '30000-30006' },
      { leases: true },
    ]) {
      const fits = ({ owner, resource, port, lease }: Held) =>
        filter.owner !== undefined
          ? owner === filter.owner
          : filter.resource !== undefined
            ? resource.startsWith('w')
            : filter.leases
              ? lease !== null
              : port <= 30006;
      const listed = (await this.#registry.list(filter)).map(inKeys);
      this.#each(`list ${JSON.stringify(filter)}`, listed, held.filter(fits).map(inKeys));
    }
    const { commits, branches } = this.#history;
    for (const at of [...this.#some(commits, 20), ...branches]) {
      const then = heldAfter(eventsAt(this.#history.path, this.#history.commitOf(at)));
      this.#each(`list --at ${at}`, (await this.#registry.list({ at })).map(inKeys), then.map(inKeys));
      for (const { resource, name, port } of this.#some(then, 1))
        this.#same(
          `get ${resource} ${name} --at ${at}`,
          (await this.#registry.get(resource, name, { at })).port,
          port,
        );
      const told = inOrder(eventsAt(this.#history.path, this.#history.commitOf(at))).reverse();
      this.#each(`log --at ${at}`, (await this.#registry.log({ at })).map(inWords), told.map(inWords));
    }
    for (const time of this.#times([...main, ...leases], 15)) {
      const at = new Date(time).toISOString();
      const then = [main, leases].flatMap((it) => heldAfter(eventsUntil(it, time))).sort(byPort);
      this.#each(`list --at ${at}`, (await this.#registry.list({ at })).map(inKeys), then.map(inKeys));
      const full = new Map((await this.#registry.ranges({ at })).map(({ id, allocated }) => [id, allocated]));
      this.#same(`ranges --at ${at}`, full.get('business'), numbersOf(then, 30000, 30999));
    }
  }

  #some<T>(all: T[], count: number): T[] {
    return Array.from({ length: Math.min(count, all.length) }, () => this.#chance.one(...all));
  }

  /** Times of the past at which something happened, or just before. */
  #times(events: FileEvent[], count: number): number[] {
    const past = events.map(({ at }) => Date.parse(at)).filter((it) => it <= this.#history.now);
    if (past.length === 0) return [];
    return Array.from({ length: count }, () => this.#chance.one(...past) - this.#chance.one(0, 0, 1));
  }

  /** `get`, `show` and `env`, by resource. */
  async #names(held: Held[]): Promise<void> {
    const refused = async (ask: Promise<unknown>) =>
      ask.then(
        () => 'answered',
        ({ code }) => code,
      );
    for (const resource of ['web', 'api', 'db', 'cache', 'mail', 'search']) {
      // A lease of a name that has a claim by now, as a merge can bring one, does not answer for it.
      const own = held.filter(
        (it) => it.resource === resource && !(it.lease && held.some((other) => isClaimOf(other, it))),
      );
      if (own.length === 0) {
        this.#same(
          `get ${resource}`,
          await refused(this.#registry.get(resource, undefined)),
          'UNKNOWN_RESOURCE',
        );
        continue;
      }
      const shown = await this.#registry.show(resource, { commits: false });
      this.#each(`show ${resource}`, [...shown.values()].sort(byPort).map(inKeys), own.map(inKeys));
      for (const { name, port, protocol } of own) {
        const answer = await this.#registry.get(resource, name);
        this.#same(`get ${resource} ${name}`, [answer.port, answer.protocol], [port, protocol]);
      }
      const { ports } = await this.#registry.environment([resource]);
      const variables = ports
        .flatMap((it) => it.variables.map((variable) => `${variable}=${it.port}`))
        .sort();
      const wanted = own.map(({ name, port }) => `${variableOf(resource, name)}=${port}`).sort();
      this.#each(`env ${resource}`, variables, wanted);
    }
  }

  /** `who` and `check`, by port. */
  async #ports(main: FileEvent[], leases: FileEvent[], held: Held[]): Promise<void> {
    const all = [...streamsOf(main).keys()];
    const leased = [...streamsOf(leases).keys()];
    for (const key of new Set([...all, ...leased, 'tcp/30013'])) {
      const [protocol, port] = key.split('/') as ['tcp' | 'udp', string];
      const asked = `${port}/${protocol}`;
      const who = await this.#registry.who(asked);
      const holder = held.find((it) => it.port === Number(port) && it.protocol === protocol);
      this.#same(`who ${asked}: holder`, who.holder && inKeys(who.holder), holder ? inKeys(holder) : null);
      const events = [main, leases].flatMap((it) => streamsOf(it).get(key) ?? []);
      const tenancies = tenanciesOf([main, leases].flatMap((it) => [streamsOf(it).get(key) ?? []]));
      this.#each(
        `who ${asked}: holders`,
        who.holders
          .map(({ resource, name, from, until, by, owner, reason, movedFrom, released }) => [
            from,
            resource,
            name,
            until,
            by,
            owner,
            reason,
            movedFrom,
            released?.by ?? null,
            released?.reason ?? null,
            released?.movedTo ?? null,
          ])
          .sort(),
        tenancies.sort(),
      );
      this.#same(
        `who ${asked}: history`,
        who.history.map(({ id }) => id).sort(),
        events.map(({ id }) => id).sort(),
      );
      // A lease that ended more than ten minutes ago is free for others.
      const isOver = holder?.lease && Date.parse(holder.lease) + TEN_MINUTES < this.#history.now;
      const { verdict } = await this.#registry.check(asked, { host: false });
      const isHeld = holder !== undefined && !isOver;
      if (isHeld || who.claim === null) this.#same(`check ${asked}`, verdict === 'allocated', isHeld);
    }
  }

  /** `log`, whole and filtered, with the commits that brought the events. */
  async #logs(main: FileEvent[], leases: FileEvent[]): Promise<void> {
    const all = await this.#registry.log();
    for (const [log, events] of [
      ['registry', main],
      ['host', leases],
    ] as const) {
      const own = all.filter((it) => it.log === log);
      this.#each(
        `log of the ${log}`,
        own.map(({ id }) => id),
        inOrder(events)
          .reverse()
          .map(({ id }) => id),
      );
    }
    const commits = addedBy(this.#history.path);
    for (const { path, commit, log } of all)
      if (log === 'registry')
        this.#same(`log: who brought ${path}`, commits.get(path)?.has(commit ?? '') ?? false, true);
    const events = [...main, ...leases];
    const about = this.#chance.one('web', 'api', 'db');
    const ids = (found: { id: string }[]) => found.map(({ id }) => id).sort();
    this.#each(
      `log ${about}`,
      ids(await this.#registry.log({ about })),
      ids(events.filter(({ resource }) => resource === about)),
    );
    this.#each(
      'log --type released',
      ids(await this.#registry.log({ type: 'released' })),
      ids(events.filter(({ type }) => type === 'port.released')),
    );
    const [since] = this.#times(events, 1);
    if (since === undefined) return;
    const later = events.filter(({ at }) => Date.parse(at) >= since);
    this.#each(
      'log --since',
      ids(await this.#registry.log({ since: new Date(since).toISOString() })),
      ids(later),
    );
    const page = await this.#registry.log({ limit: 5, before: all[4]?.id ?? all[0]!.id });
    const from = all.length > 4 ? 5 : 1;
    this.#each(
      'log --before',
      page.map(({ id }) => id),
      all.slice(from, from + 5).map(({ id }) => id),
    );
  }

  /** `diff` of two commits: what it says leads from one state to the other. */
  async #differences(): Promise<void> {
    const { commits, path, branches } = this.#history;
    const pairs = Array.from({ length: 1 }, () => this.#some(commits, 2));
    for (const [from = 'main', to = 'main'] of [...pairs, ['main', this.#chance.one('main', ...branches)]]) {
      const [before, after] = [from, to].map((it) => heldAfter(eventsAt(path, this.#history.commitOf(it))));
      const { allocated, released, moved, described } = await this.#registry.diff(from, to);
      const isKept = (one: Held, all: Held[]) =>
        all.some((it) => it.event === one.event && it.port === one.port);
      const label = ({
        port,
        protocol,
        resource,
        name,
      }: Pick<Held, 'port' | 'protocol' | 'resource' | 'name'>) => `${port}/${protocol} ${resource} ${name}`;
      const what = `diff ${from} ${to}`;
      const gained = after!
        .filter((it) => !isKept(it, before!))
        .map(label)
        .sort();
      const lost = before!
        .filter((it) => !isKept(it, after!))
        .map(label)
        .sort();
      // There and back is no change but of what is said of the port.
      const returned = (all: string[], others: string[], said: string[]) =>
        all.filter((it) => !(others.includes(it) && !said.includes(it)));
      const [came, went] = [
        [...allocated, ...moved].map(label).sort(),
        [...released.map(label), ...moved.map((it) => label({ ...it, port: it.from! }))].sort(),
      ];
      this.#each(`${what}: what came`, came, returned(gained, lost, came));
      this.#each(`${what}: what went`, went, returned(lost, gained, went));
      const same = after!.filter((it) => isKept(it, before!));
      const changed = same.filter((it) => {
        const was = before!.find(({ event }) => event === it.event)!;
        return was.owner !== it.owner || was.reason !== it.reason;
      });
      const told = described
        .map(label)
        .filter((it) => !gained.includes(it))
        .sort();
      this.#each(`${what}: what is described`, told, changed.map(label).sort());
    }
  }

  /** `replay`, `stats`, `ranges` and `verify` of all there is. */
  async #whole(main: FileEvent[], leases: FileEvent[], held: Held[]): Promise<void> {
    const { broken, ports, steps } = await this.#registry.replay();
    this.#same('replay: broken', broken, null);
    this.#each('replay: ports', ports.sort(byPort).map(inKeys), held.map(inKeys));
    const order = steps.flatMap(({ event }) => (event.log === 'registry' ? [event.id] : []));
    this.#each(
      'replay: steps',
      order,
      inOrder(main).map(({ id }) => id),
    );
    const stats = await this.#registry.stats();
    const business = stats.ranges.find(({ id }) => id === 'business')!;
    this.#same('stats: held', business.held, numbersOf(held, 30000, 30999));
    for (const [index, { at, held: count }] of business.history.entries()) {
      const isLast = index === business.history.length - 1;
      const then = isLast ? held : [main, leases].flatMap((it) => heldAfter(eventsUntil(it, Date.parse(at))));
      this.#same(`stats at ${at}`, count, numbersOf(then, 30000, 30999));
    }
    const owners = new Map(stats.owners.map(({ owner, ports }) => [owner, ports]));
    for (const owner of ['team-a', 'team-b', 'team-c', null])
      this.#same(
        `stats: ports of ${owner}`,
        owners.get(owner) ?? 0,
        held.filter((it) => it.owner === owner).length,
      );
    const verified = await this.#registry.verify({});
    this.#each(
      'verify',
      verified.problems.map(({ code, path }) => `${code} ${path}`),
      [],
    );
  }

  /** `list --claims` and `review` of the branches. */
  async #branches(): Promise<void> {
    const { path, branches } = this.#history;
    const main = filesAt(path, this.#history.commitOf('main'));
    const wanted = new Set<string>();
    for (const branch of branches) {
      const tip = this.#history.commitOf(branch);
      const files = filesAt(path, tip);
      const added = eventsAt(path, tip).filter((it) => files.get(it.path) !== main.get(it.path));
      const granted = new Set(
        added
          .filter(({ type }) => /allocated|registered/.test(type))
          .map(({ protocol, port }) => `${port}/${protocol}`),
      );
      for (const { port, protocol } of heldAfter(eventsAt(path, tip)))
        if (granted.has(`${port}/${protocol}`)) wanted.add(`${port}/${protocol}`);
      const { problems } = await this.#registry.verify({ head: branch });
      this.#each(
        `verify ${branch}`,
        problems.map(({ code, path: file }) => `${code} ${file}`),
        [],
      );
      const { changes } = await this.#registry.review('main', branch);
      if (added.length === 0) this.#each(`review main ${branch}`, changes, []);
    }
    const claims = (await this.#registry.claims()).map(({ port, protocol }) => `${port}/${protocol}`);
    this.#each('list --claims', claims.sort(), [...wanted].sort());
  }
}

type Words = Pick<FileEvent, 'type' | 'protocol' | 'port' | 'version' | 'resource' | 'name' | 'at'>;

function inWords({ type, protocol, port, version, resource, name, at }: Words): string {
  return `${at} ${type} ${port}/${protocol} ${version} ${resource} ${name}`;
}

function inKeys(row: Pick<Held, (typeof KEYS)[number]>): unknown {
  return KEYS.map((key) => row[key]);
}

function byPort(a: Pick<Held, 'port' | 'protocol'>, b: Pick<Held, 'port' | 'protocol'>): number {
  return a.port - b.port || (a.protocol < b.protocol ? -1 : a.protocol > b.protocol ? 1 : 0);
}

function isClaimOf(claim: Held, { resource, name }: Held): boolean {
  return !claim.lease && claim.resource === resource && claim.name === name;
}

/** How many port numbers of a range are held, of whatever protocol. */
function numbersOf(held: Held[], from: number, to: number): number {
  return new Set(held.map(({ port }) => port).filter((it) => it >= from && it <= to)).size;
}

function variableOf(resource: string, name: string): string {
  return name === 'main'
    ? `${resource.toUpperCase()}_PORT`
    : `${resource.toUpperCase()}_${name.toUpperCase()}_PORT`;
}

/** Who had a port, from and until when, from its streams. */
function tenanciesOf(streams: FileEvent[][]): unknown[][] {
  return streams.flatMap((stream) => {
    const found: unknown[][] = [];
    stream.forEach((event, index) => {
      if (!/allocated|registered/.test(event.type)) return;
      const rest = stream.slice(index + 1);
      const end = rest.find(({ type }) => type === 'port.released');
      const own = end ? rest.slice(0, rest.indexOf(end)) : rest;
      const said = (key: 'owner' | 'reason') =>
        own.filter(({ type }) => type === 'port.described').findLast((it) => it[key] !== undefined)?.[key] ??
        event[key] ??
        null;
      found.push([
        event.at,
        event.resource,
        event.name,
        end?.at ?? null,
        event.by.name,
        said('owner'),
        said('reason'),
        event.from ?? null,
        end?.by.name ?? null,
        end?.reason ?? null,
        end?.to ?? null,
      ]);
    });
    return found;
  });
}

/** The commits that add each event file to one of their parents. */
function addedBy(repository: string): Map<string, Set<string>> {
  const args = [
    '-C',
    repository,
    'log',
    '--branches',
    '-m',
    '--diff-filter=A',
    '--name-only',
    '--format=%x00%H',
    '--',
    'events',
  ];
  const text = execFileSync('git', args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  const found = new Map<string, Set<string>>();
  for (const part of text.split('\0').filter(Boolean)) {
    const [commit, ...paths] = part.split('\n').filter(Boolean);
    for (const path of paths) found.set(path, (found.get(path) ?? new Set()).add(commit!));
  }
  return found;
}
