/** What `policy.json` says, once it has been read and found sound. Bounds are inclusive, durations in milliseconds. */
export interface Policy {
  format: number;
  /** A ULID that is the registry's own: its signatures are worth nothing in another one. */
  id?: string | undefined;
  ranges: PolicyRange[];
  /** Id of the range for resources that no pattern matches. */
  default: string;
  reserved: Bounds[];
  lease: { default: number; max: number };
  documents: { readme: ReadmeRule };
  changes: ChangeRule;
  signatures: SignatureRule;
  /** What subjects of commits look like, for hosts with rules for them: `{subject}` stands for what vports says. */
  commits?: { subject: string } | undefined;
}

/** How changes get to all who share the registry: at once, or each on a branch of its own, by a pull request. */
export const CHANGE_RULES = ['direct', 'pull-request'] as const;
type ChangeRule = (typeof CHANGE_RULES)[number];

/** Whether events are signed: never, as git signs commits, or always. What is signed is checked in any case. */
export const SIGNATURE_RULES = ['off', 'accepted', 'required'] as const;
type SignatureRule = (typeof SIGNATURE_RULES)[number];

/** Whether a README has to have the block of ports: `where-present` keeps right what is there, and misses nothing. */
export const README_RULES = ['where-present', 'required', 'never'] as const;
type ReadmeRule = (typeof README_RULES)[number];

export interface Bounds {
  from: number;
  to: number;
}

export interface PolicyRange extends Bounds {
  id: string;
  title: string;
  group: string;
  dynamic: boolean;
  reserved: boolean;
  match: string[];
}

/** The newest `format` this program reads and writes. */
export const FORMAT = 1;

/** A lease is at least ten minutes long, and free for others ten minutes after its end. */
export const LEASE_GRACE = 10 * 60_000;

export function rangeOf(policy: Policy, port: number): PolicyRange | undefined {
  return policy.ranges.find((range) => within(range, port));
}

export function rangeById(policy: Policy, id: string): PolicyRange | undefined {
  return policy.ranges.find((range) => range.id === id);
}

/** On the policy's list of reserved ports, or in a range that is set aside as a whole. */
export function isReserved(policy: Policy, port: number): boolean {
  return policy.reserved.some((bounds) => within(bounds, port)) || rangeOf(policy, port)?.reserved === true;
}

/** Whether every port of the bounds lies in some range of the policy. */
export function coveredByRanges(policy: Policy, bounds: Bounds): boolean {
  let next = bounds.from;
  for (const range of [...policy.ranges].sort((a, b) => a.from - b.from)) {
    if (range.from <= next && range.to >= next) next = range.to + 1;
  }
  return next > bounds.to;
}

/** The first range whose patterns fit the resource's name (its part before `@`), or undefined. */
export function rangeFor(policy: Policy, resource: string): PolicyRange | undefined {
  const name = resource.split('@', 1)[0]!;
  return policy.ranges.find((range) => range.match.some((pattern) => globMatches(pattern, name)));
}

/** Shell-like patterns with `*` and `?`, against the whole text. Never backtracks over more than one star. */
export function globMatches(pattern: string, text: string): boolean {
  let [p, t, star, resume] = [0, 0, -1, 0];
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

export function within(bounds: Bounds, port: number): boolean {
  return port >= bounds.from && port <= bounds.to;
}

/** `20000-20999` or one port; undefined where it is malformed. Reversed bounds are returned as they stand. */
export function parseBounds(text: string): Bounds | undefined {
  const match = /^([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?$/.exec(text);
  if (!match) return undefined;
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  return from <= 65535 && to <= 65535 ? { from, to } : undefined;
}
