import { createHash } from 'node:crypto';
import { VportsError } from '../../errors.js';

/** What git can be asked to talk to, and nothing that would have it run a program. */
const URL_FORM = /^(https?|ssh|git\+ssh|file):\/\/[^-\s]\S*$/i;
/** `git@host:team/ports.git`, gitglossary's scp-like form. A host that starts with a dash would be an option of ssh. */
const SCP_FORM = /^(?:[\w.~+-]+@)?[A-Za-z0-9[][\w.:[\]-]*:(?!\/\/)\S+$/;

/** Whether a registry is named by a URL and not by a path. */
export function isRemoteUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:(:|\/\/)/i.test(text) || /^[^/\\]{2,}:[^\\]/.test(text);
}

/** The URL as it may be handed to git. Throws UNSUPPORTED_REPOSITORY for transports that run programs, and for what is none. */
export function requireRemoteUrl(text: string): string {
  if (text.length <= 2_000 && (URL_FORM.test(text) || (!text.includes('://') && SCP_FORM.test(text))))
    return text;
  throw new VportsError(
    'UNSUPPORTED_REPOSITORY',
    `${JSON.stringify(text.slice(0, 200))} is no URL that git may use`,
    {
      hint: 'write https://HOST/PATH, ssh://HOST/PATH, git@HOST:PATH or file:///PATH',
      details: { registry: text.slice(0, 2_000) },
    },
  );
}

/** A folder name for a URL: readable, and no two URLs have one. */
export function folderNameFor(url: string): string {
  const words = withoutSecrets(url)
    .replace(/^[a-z+]+:\/\//i, '')
    .replace(/\.git\/?$/, '')
    .replace(/[^A-Za-z0-9.-]+/g, '-')
    .replace(/^[.-]+/, '');
  return `${words.slice(0, 60)}-${createHash('sha256').update(url).digest('hex').slice(0, 12)}.git`;
}

/**
 * A URL that may be shown: `https://TOKEN@host/…` and `?private_token=…` have a password in them. One with a raw `@` or `/` is cut
 * whole all the same.
 */
export function withoutSecrets(url: string): string {
  return withoutUser(/^https?:/i.test(url) ? url.replace(/[?#].*$/s, '') : url);
}

/** A text that names URLs, as a git or a host says it. */
export function withoutSecretsIn(text: string): string {
  return text.replace(/[a-z+]+:\/\/[^\s'"<>]+/gi, (url) => withoutSecrets(url));
}

function withoutUser(url: string): string {
  const [, scheme, rest = ''] = /^([a-z+]+:\/\/)(.*)$/is.exec(url) ?? [];
  if (scheme === undefined || !rest.includes('@')) return url;
  const before = rest.slice(0, rest.lastIndexOf('@'));
  const isPort = /^(?:[^@/]*@)?[^:@/]*:\d+(?:\/|$)/.test(before);
  if (before.includes(':') && !isPort) return scheme + rest.slice(before.length + 1);
  const [authority = ''] = rest.split('/', 1);
  return scheme + rest.slice(authority.lastIndexOf('@') + 1);
}

/** A part of a URL as it is meant; one that is badly written stays as it is. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Where a pull request for a branch is opened, on the hosts that have a page for it by the shape of their URLs; undefined
 * for others.
 */
export function pullRequestUrl(url: string, branch: string): string | undefined {
  const match =
    /^(?:https?:\/\/(?:[^/@]*@)?|ssh:\/\/(?:[^/@]*@)?|[\w.-]+@)([\w.-]+)(?::\d+)?[/:](.+?)(?:\.git)?\/?$/i.exec(
      url,
    );
  if (!match) return undefined;
  const [, host = '', path = ''] = match;
  const name = encodeURIComponent(branch).replaceAll('%2F', '/');
  if (/(^|\.)github\./.test(host)) return `https://${host}/${path}/compare/${name}?expand=1`;
  if (/(^|\.)gitlab\./.test(host)) {
    return `https://${host}/${path}/-/merge_requests/new?merge_request%5Bsource_branch%5D=${encodeURIComponent(branch)}`;
  }
  if (/(^|\.)bitbucket\.org$/.test(host)) {
    return `https://${host}/${path}/pull-requests/new?source=${encodeURIComponent(branch)}`;
  }
  if (/(^|\.)(codeberg\.org|gitea\.)/.test(host)) return `https://${host}/${path}/compare/${name}`;
  return undefined;
}
