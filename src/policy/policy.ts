/** A valid `policy.json`. Bounds are inclusive, durations in milliseconds. */
export interface Policy {
  format: number;
  /** The registry's ULID, part of every signature, so that none is valid in another registry. */
  id?: string | undefined;
  ranges: PolicyRange[];
  /** Id of the range for resources that no pattern matches. */
  default: string;
  reserved: Bounds[];
  lease: { default: number; max: number };
  documents: { readme: ReadmeRule };
  changes: ChangeRule;
  signatures: SignatureRule;
  /** The kind of the host where requests are opened, for one that its name does not give away. */
  host?: HostKind | undefined;
  /** Template for commit subjects, for hosts with rules for them: `{subject}` is replaced by the text of vports. */
  commits?: { subject: string } | undefined;
}

/** How changes reach the shared branch: directly, or by a pull request for each. */
export const CHANGE_RULES = ['direct', 'pull-request'] as const;
type ChangeRule = (typeof CHANGE_RULES)[number];

/** Whether events are signed: never, as git signs commits, or always. What is signed is checked in any case. */
export const SIGNATURE_RULES = ['off', 'accepted', 'required'] as const;
type SignatureRule = (typeof SIGNATURE_RULES)[number];

/** Hosts by the API that they have; Forgejo has that of Gitea. */
export const HOST_KINDS = ['github', 'gitlab', 'gitea', 'gerrit'] as const;
export type HostKind = (typeof HOST_KINDS)[number];
/** Those that a name or a runner can say, and that run workflows. */
export type RunnerKind = Exclude<HostKind, 'gerrit'>;

/** Whether a README must have a block of ports: `where-present` updates existing blocks and requires none. */
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
  /** Who is asked about its ports: a name, or what CODEOWNERS calls an owner. */
  owner?: string | undefined;
}

/** The newest supported `format`. */
export const FORMAT = 1;

/** The shortest lease, and the time after its end before others may get the port. */
export const LEASE_GRACE = 10 * 60_000;

export function rangeOf(policy: Policy, port: number): PolicyRange | undefined {
  return policy.ranges.find((range) => within(range, port));
}

export function rangeById(policy: Policy, id: string): PolicyRange | undefined {
  return policy.ranges.find((range) => range.id === id);
}

/** Whether the policy reserves the port, itself or its whole range. */
export function isReserved(policy: Policy, port: number): boolean {
  return policy.reserved.some((bounds) => within(bounds, port)) || rangeOf(policy, port)?.reserved === true;
}

/** Whether ranges of the policy cover the bounds completely. */
export function coveredByRanges(policy: Policy, bounds: Bounds): boolean {
  let next = bounds.from;
  for (const range of [...policy.ranges].sort((a, b) => a.from - b.from)) {
    if (range.from <= next && range.to >= next) next = range.to + 1;
  }
  return next > bounds.to;
}

/** The first range with a pattern that matches the resource's name without its instance, or undefined. */
export function rangeFor(policy: Policy, resource: string): PolicyRange | undefined {
  const name = resource.split('@', 1)[0]!;
  return policy.ranges.find((range) => range.match.some((pattern) => globMatches(pattern, name)));
}

/** Matches shell patterns with `*` and `?` against the whole text. Never backtracks over more than one star. */
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

/** In order, and as few as possible. */
export function merged(all: Bounds[]): Bounds[] {
  const found: Bounds[] = [];
  for (const { from, to } of [...all].sort((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last && from <= last.to + 1) last.to = Math.max(last.to, to);
    else found.push({ from, to });
  }
  return found;
}

export function boundsText({ from, to }: Bounds): string {
  return from === to ? String(from) : `${from}-${to}`;
}

/** `20000-20999` or a single port; undefined if malformed. Reversed bounds are returned unchanged. */
export function parseBounds(text: string): Bounds | undefined {
  const match = /^([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?$/.exec(text);
  if (!match) return undefined;
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  return from <= 65535 && to <= 65535 ? { from, to } : undefined;
}
