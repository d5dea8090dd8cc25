import { decoded, withoutSecrets } from './remote-url.js';

/** A host says where to open a request in three lines; a hook may print a book. */
const MOST_LINES = 20;
const LONGEST_LINE = 300;

/** Sequences that steer a terminal (ECMA-48), then single control characters. */
const STEERING = /\u001b\[[0-?]*[ -/]*[@-~]|\p{Cc}/gu;
/** What git itself prints at the other end. */
const PROGRESS =
  /^(?:Enumerating|Counting|Compressing|Resolving|Unpacking|Writing|Checking|Total|Processing changes)\b.*\d/;
/** Names of what lets somebody in, in the query of a URL. */
const SECRET = /token|secret|passw|key|auth|cred|sign|session/i;

/** What git passes on from the host of a remote, in the order of its lines. */
export function hostLines(url: string, stderr: string): string[] {
  return cleanLines(url, [...stderr.matchAll(/^remote: ?(.*)$/gm)].map(([, line]) => line!).join('\n'));
}

/** A text of a stranger as lines that may be printed: no control characters, no credentials, not too many. */
export function cleanLines(url: string, text: string): string[] {
  const own = credentialsIn(url);
  return text
    .split(/[\r\n]/)
    .map((line) => line.replace(STEERING, '').trim())
    .filter((line) => line !== '' && !PROGRESS.test(line))
    .slice(0, MOST_LINES)
    .map((line) => own.reduce((it, secret) => it.replaceAll(secret, '...'), linksWithoutCredentials(line)))
    .map((line) => line.slice(0, LONGEST_LINE));
}

/** A link to a page for a new request has what it is about in its query: of that only what lets somebody in goes. */
function linksWithoutCredentials(line: string): string {
  return line.replace(/[a-z+]+:\/\/[^\s'"<>]+/gi, (link) => {
    const [before = '', query] = link.split(/\?(.*)/s);
    const kept = query?.split('&').filter((it) => !SECRET.test(it.split('=', 1)[0]!));
    return withoutSecrets(before) + (kept?.length ? `?${kept.join('&')}` : '');
  });
}

/** What the URL of a remote lets somebody in with, written as there and as meant. */
function credentialsIn(url: string): string[] {
  const [, user = '', password] = /^https?:\/\/([^/@:]*)(?::([^/@]*))?@/i.exec(url) ?? [];
  const secret = password ?? user;
  // `git@` is no secret.
  return secret.length < 8 && password === undefined ? [] : [secret, decoded(secret)].filter(Boolean);
}
