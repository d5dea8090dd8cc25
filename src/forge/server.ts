import { attempt } from '../attempt.js';
import type { HostKind, RunnerKind } from '../policy/policy.js';

/** Where the requests of a repository are opened. */
export interface Server {
  kind: HostKind;
  /** Name and, where it is not 443, port: `git.example:8443`. */
  host: string;
  /** Address of its API, without a slash at the end. */
  api: string;
  /** Parts of the repository's path: `['team', 'ports']`. */
  path: string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const KNOWN: ReadonlyMap<string, RunnerKind> = new Map([
  ['github.com', 'github'],
  ['gitlab.com', 'gitlab'],
  ['codeberg.org', 'gitea'],
]);
/** Hosts for ssh over port 443. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['ssh.github.com', 'github.com'],
  ['altssh.gitlab.com', 'gitlab.com'],
]);
const API = { github: '/api/v3', gitlab: '/api/v4', gitea: '/api/v1', gerrit: '/a' } as const;

/**
 * The server behind the URL of a remote; undefined for a host of no known kind. `named` is what the policy says of the kind: it never
 * names an address.
 */
export function serverOf(
  url: string,
  named: HostKind | undefined,
  env: Environment = process.env,
): Server | undefined {
  const remote = remoteParts(url);
  if (!remote) return undefined;
  const { host, path } = remote;
  const kind = named ?? KNOWN.get(host) ?? kindOfRunner(host, env);
  if (kind === undefined || !hasPathOf(kind, path)) return undefined;
  const api =
    kind === 'github' && host === 'github.com' ? 'https://api.github.com' : `https://${host}${API[kind]}`;
  return { kind, host, api, path };
}

function hasPathOf(kind: HostKind, { length }: string[]): boolean {
  if (kind === 'gerrit') return length > 0;
  return kind === 'gitlab' ? length > 1 : length === 2;
}

/** What a remote probably is, by the name of its host too: enough to choose files by, not to send a token there. */
export function likelyHost(url: string, env: Environment = process.env): RunnerKind | 'forgejo' | undefined {
  const host = remoteParts(url)?.host;
  if (host === undefined) return undefined;
  if (host === 'codeberg.org') return 'forgejo';
  const known = KNOWN.get(host) ?? kindOfRunner(host, env);
  return known ?? (['gitlab', 'forgejo', 'gitea'] as const).find((it) => host.includes(it));
}

/** The host that a runner works for; those of Gitea and Forgejo use the variables of GitHub. */
function kindOfRunner(host: string, env: Environment): RunnerKind | undefined {
  if (host === hostOf(env.CI_SERVER_URL)) return 'gitlab';
  if (host !== hostOf(env.GITHUB_SERVER_URL)) return undefined;
  return env.GITEA_ACTIONS === 'true' || env.FORGEJO_ACTIONS === 'true' ? 'gitea' : 'github';
}

/** `git.example:8443` of an https URL; undefined for any other text. */
export function hostOf(url: string | undefined): string | undefined {
  const parsed = url !== undefined && /^https:\/\//i.test(url) ? parsedUrl(url) : undefined;
  return parsed?.host;
}

/** Undefined for what has no https host: a path, a `file:` or an `http:` URL. The port of an ssh URL is not that of the API. */
function remoteParts(url: string): { host: string; path: string[] } | undefined {
  const [, scpHost, scpPath] = url.includes('://') ? [] : (/^(?:[^@/:]+@)?([^@/:]+):(.+)$/.exec(url) ?? []);
  const text = scpHost === undefined ? url.replace(/^git\+ssh:/i, 'ssh:') : `ssh://${scpHost}/${scpPath}`;
  if (!/^(?:https|ssh):\/\//i.test(text)) return undefined;
  // Only of http and https does a parser check the host.
  const isSsh = /^ssh:/i.test(text);
  const parsed = parsedUrl(isSsh ? text.replace(/^ssh:/i, 'https:') : text);
  if (!parsed) return undefined;
  const host = isSsh ? parsed.hostname : parsed.host;
  const path = pathParts(parsed.pathname);
  return path && { host: ALIASES.get(host) ?? host, path };
}

/** Undefined for a part that no repository has, or that would lead elsewhere. */
function pathParts(pathname: string): string[] | undefined {
  const parts = attempt(() => decodeURIComponent(pathname))
    ?.replace(/\/+$/, '')
    .replace(/\.git$/i, '')
    .split('/')
    .filter((it) => it !== '');
  return parts?.every((it) => /^(?!\.{1,2}$)[\w.~+-]{1,255}$/.test(it)) ? parts : undefined;
}

function parsedUrl(text: string): URL | undefined {
  return attempt(() => new URL(text));
}
