import { dirname, isAbsolute, join, resolve } from 'node:path';
import { readRegularText } from '../../files/regular-file.js';
import { homeFolder } from '../../files/user-folders.js';
import { isSystemFailure, refusalOf } from '../../system-error.js';
import { existsSync } from '../../world/files.js';

const DEEPEST = 10;

export interface ConfigPlace {
  gitdir: string;
  /** `main`; undefined for a detached HEAD. */
  branch?: string | undefined;
}

/** Variables of git's configuration in order; of repeated ones the last one counts. */
export class GitConfig {
  constructor(private readonly entries: readonly Entry[]) {}

  /** By key, as `core.bare` or `remote.origin.url`: case matters only in the middle part. */
  get(key: string): string | undefined {
    return this.all(key).at(-1);
  }

  all(key: string): string[] {
    const wanted = normalized(key);
    return this.entries.filter((it) => it.key === wanted).map(({ value }) => value);
  }

  /** Undefined if it is unset or not a boolean. */
  flag(key: string): boolean | undefined {
    const value = this.get(key)?.toLowerCase();
    if (value === undefined) return undefined;
    if (['true', 'yes', 'on', '1'].includes(value)) return true;
    return ['false', 'no', 'off', '0', ''].includes(value) ? false : undefined;
  }

  /** The middle parts of a section, without duplicates: for `remote` the names of all remotes. */
  names(section: string): string[] {
    const start = `${section.toLowerCase()}.`;
    const found = this.entries.flatMap(({ key }) =>
      key.startsWith(start) && key.lastIndexOf('.') > start.length
        ? [key.slice(start.length, key.lastIndexOf('.'))]
        : [],
    );
    return [...new Set(found)];
  }

  matching(pattern: RegExp): readonly Entry[] {
    return this.entries.filter(({ key }) => pattern.test(key));
  }
}

export interface Entry {
  key: string;
  value: string;
}

/** The configuration of a repository, and of its work tree if that is enabled. Invalid parts are ignored. */
export function repositoryConfig(commondir: string, place: ConfigPlace): GitConfig {
  const shared = entriesOf(join(commondir, 'config'), place, { isNeeded: true });
  const own = new GitConfig(shared).flag('extensions.worktreeconfig')
    ? entriesOf(join(place.gitdir, 'config.worktree'), place)
    : [];
  return new GitConfig([...shared, ...own]);
}

/** The user's and the system's configuration, where git looks for it, except for a location compiled into git. */
export function userConfig(
  place: ConfigPlace,
  env: Record<string, string | undefined> = process.env,
): GitConfig {
  const home = homeFolder();
  const system = env.GIT_CONFIG_NOSYSTEM ? [] : [env.GIT_CONFIG_SYSTEM || '/etc/gitconfig'];
  const usual = [
    env.XDG_CONFIG_HOME
      ? join(env.XDG_CONFIG_HOME, 'git', 'config')
      : home && join(home, '.config', 'git', 'config'),
    home && join(home, '.gitconfig'),
  ];
  const global = env.GIT_CONFIG_GLOBAL ? [env.GIT_CONFIG_GLOBAL] : usual;
  const files = [...system, ...global].flatMap((path) => (path ? entriesOf(path, place) : []));
  return new GitConfig([...files, ...givenEntries(env)]);
}

/** Whether git would sign a commit here: `commit.gpgSign` of the repository, else of the user. */
export function wantsSignature(commondir: string): boolean {
  const place = { gitdir: commondir };
  const key = 'commit.gpgsign';
  return repositoryConfig(commondir, place).flag(key) ?? userConfig(place).flag(key) ?? false;
}

/** Configuration from the environment (git(1), GIT_CONFIG_COUNT). */
function givenEntries(env: Record<string, string | undefined>): Entry[] {
  const count = Math.min(Number(env.GIT_CONFIG_COUNT) || 0, 1_000);
  return Array.from({ length: count }, (_, each) => ({
    key: normalized(env[`GIT_CONFIG_KEY_${each}`] ?? ''),
    value: env[`GIT_CONFIG_VALUE_${each}`] ?? '',
  }));
}

function entriesOf(
  path: string,
  place: ConfigPlace,
  { depth = 0, isNeeded = false }: { depth?: number; isNeeded?: boolean } = {},
): Entry[] {
  if (depth > DEEPEST || !existsSync(path)) return [];
  let text: string;
  try {
    text = readRegularText(path);
  } catch (error) {
    // With a failing disk, a repository must not appear to have no remotes, nor a checked-out one to be bare.
    if (isNeeded || isSystemFailure(error)) throw refusalOf(error, { path }) ?? error;
    return [];
  }
  return parseConfig(text).flatMap((entry) => {
    if (!includes(entry.key, path, place)) return [entry];
    return [entry, ...entriesOf(fromFile(entry.value, path), place, { depth: depth + 1 })];
  });
}

/** Whether a variable includes another file (git-config(1), "Includes"). */
function includes(key: string, file: string, place: ConfigPlace): boolean {
  if (key === 'include.path') return true;
  const condition = /^includeif\.(.*)\.path$/s.exec(key)?.[1];
  const [, kind, pattern = ''] = /^(gitdir|gitdir\/i|onbranch):(.*)$/s.exec(condition ?? '') ?? [];
  if (kind === 'onbranch') return place.branch !== undefined && globFits(below(pattern), place.branch);
  if (kind === undefined) return false;
  const whole = pattern.startsWith('~') || isAbsolute(pattern) || pattern.startsWith('./');
  const path = below(
    whole ? fromFile(pattern, file).replace(/\/$/, '') + (pattern.endsWith('/') ? '/' : '') : `**/${pattern}`,
  );
  return [place.gitdir, `${place.gitdir}/`].some((it) => globFits(path, it, kind === 'gitdir/i'));
}

function below(pattern: string): string {
  return pattern.endsWith('/') ? `${pattern}**` : pattern;
}

/**
 * Matches a pattern of git-config(1): `**` matches everything, `*` and `?` all but slashes. Runs in polynomial time, as a pattern may
 * come from anybody.
 */
function globFits(glob: string, text: string, anyCase = false): boolean {
  const [pattern, whole] = anyCase ? [glob.toLowerCase(), text.toLowerCase()] : [glob, text];
  let reached = new Set([0]);
  for (const [part] of pattern.matchAll(/\*\*\/|\*\*|\*|\?|[^*?]/gs)) {
    const next = new Set<number>();
    for (const at of reached) {
      if (part === '**/') next.add(at);
      if (part === '?' ? at < whole.length && whole[at] !== '/' : whole[at] === part) next.add(at + 1);
      if (part[0] !== '*') continue;
      for (let end = at; end <= whole.length; end++) {
        if (part === '**/' ? end > at && whole[end - 1] === '/' : true) next.add(end);
        if (part === '*' && whole[end] === '/') break;
      }
    }
    reached = next;
  }
  return reached.has(whole.length);
}

/** Relative to the including file; `~/` is the user's home. */
function fromFile(path: string, file: string): string {
  if (path.startsWith('~/')) return join(homeFolder() ?? '/nonexistent', path.slice(2));
  return resolve(dirname(file), path);
}

function normalized(key: string): string {
  const [first, last] = [key.indexOf('.'), key.lastIndexOf('.')];
  return key.slice(0, first).toLowerCase() + key.slice(first, last) + key.slice(last).toLowerCase();
}

/** Parses one file by the grammar of git-config(1); stops at the first invalid line. */
export function parseConfig(text: string): Entry[] {
  const found: Entry[] = [];
  const scan = new Scanner(text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n'));
  let section = '';
  for (;;) {
    scan.skip(/(?:\s|[#;][^\n]*)*/y);
    if (scan.atEnd) return found;
    const heading = scan.take(/\[([\w.-]+)(?:[ \t]+"((?:[^"\\\n]|\\.)*)")?\]/y);
    if (heading) {
      const [, name = '', sub] = heading;
      section = name.toLowerCase() + (sub === undefined ? '' : `.${sub.replace(/\\(.)/g, '$1')}`);
      continue;
    }
    const name = scan.take(/[A-Za-z][A-Za-z0-9-]*/y)?.[0];
    if (name === undefined || section === '') {
      if (scan.take(/[#;]/y)) continue;
      return found;
    }
    scan.skip(/[ \t]*/y);
    const value = scan.take(/=/y) ? scan.value() : scan.take(/\n|$/y) && 'true';
    if (value == null) return found;
    found.push({ key: `${section}.${name.toLowerCase()}`, value });
  }
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', b: '\b', '\\': '\\', '"': '"', '\n': '' };

class Scanner {
  #at = 0;

  constructor(private readonly text: string) {}

  get atEnd(): boolean {
    return this.#at >= this.text.length;
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.text) ?? undefined;
    if (match) this.#at = pattern.lastIndex;
    return match;
  }

  skip(pattern: RegExp): void {
    this.take(pattern);
  }

  /** The rest of the line: quotes are removed but keep blanks, other outer blanks are dropped. Undefined if it is invalid. */
  value(): string | undefined {
    let [value, blanks, quoted] = ['', '', false];
    for (; !this.atEnd; this.#at++) {
      const it = this.text[this.#at]!;
      if (it === '\n') {
        this.#at++;
        return quoted ? undefined : value;
      }
      if (!quoted && /\s/.test(it)) {
        if (value !== '') blanks += it;
        continue;
      }
      if (!quoted && (it === '#' || it === ';')) {
        this.skip(/[^\n]*/y);
        this.#at--;
        continue;
      }
      value += blanks;
      blanks = '';
      if (it === '"') quoted = !quoted;
      else if (it === '\\') {
        const next = this.text[++this.#at] ?? '';
        if (!Object.hasOwn(ESCAPES, next)) return undefined;
        value += ESCAPES[next];
      } else value += it;
    }
    return quoted ? undefined : value;
  }
}
