import { createHash } from 'node:crypto';
import { attempt } from '../../attempt.js';
import { VportsError } from '../../errors.js';

/** URLs that git accepts and that do not run a program. */
const URL_FORM = /^(https?|ssh|git\+ssh|file):\/\/[^-\s]\S*$/i;
/** `git@host:team/ports.git`, the scp-like form of gitglossary. A host with a leading dash would be an option of ssh. */
const SCP_FORM = /^(?:[\w.~+-]+@)?[A-Za-z0-9[][\w.:[\]-]*:(?!\/\/)\S+$/;

export function isRemoteUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:(:|\/\/)/i.test(text) || /^[^/\\]{2,}:[^\\]/.test(text);
}

/** Validates a URL for git. Throws UNSUPPORTED_REPOSITORY for transports that run programs, and for other texts. */
export function requireRemoteUrl(text: string): string {
  if (text.length <= 2_000 && (URL_FORM.test(text) || (!text.includes('://') && SCP_FORM.test(text))))
    return text;
  throw new VportsError(
    'UNSUPPORTED_REPOSITORY',
    `${JSON.stringify(text.slice(0, 200))} is not a URL that git may use`,
    {
      hint: 'use https://HOST/PATH, ssh://HOST/PATH, git@HOST:PATH or file:///PATH',
      details: { registry: text.slice(0, 2_000) },
    },
  );
}

/** A readable folder name, unique per URL. */
export function folderNameFor(url: string): string {
  const words = withoutUser(url)
    .replace(/^[a-z+]+:\/\//i, '')
    .replace(/\.git\/?$/, '')
    .replace(/[^A-Za-z0-9.-]+/g, '-')
    .replace(/^[.-]+/, '');
  return `${words.slice(0, 60)}-${createHash('sha256').update(url).digest('hex').slice(0, 12)}.git`;
}

/**
 * A URL without secrets such as `https://TOKEN@host/…` and `?private_token=…`, even with a raw `@` or `/` in them. The user of an ssh URL
 * stays: without it nobody gets in.
 */
export function withoutSecrets(url: string): string {
  const bare = withoutUser(/^https?:/i.test(url) ? url.replace(/[?#].*$/s, '') : url);
  const [, scheme = '', user] = /^((?:git\+)?ssh:\/\/)([\w.-]{1,64})(?::[^@]*)?@/i.exec(url) ?? [];
  return user === undefined ? bare : `${scheme}${user}@${bare.slice(scheme.length)}`;
}

/** A message of git or a host, with secrets removed from its URLs. */
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
  return attempt(() => decodeURIComponent(text)) ?? text;
}

/** The page to open a pull request for a branch, on hosts recognised by their URLs; else undefined. */
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
