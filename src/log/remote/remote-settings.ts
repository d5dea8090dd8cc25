import { attempt } from '../../attempt.js';
import { decoded } from './remote-url.js';

/** Name of the remote for git: a URL would be visible in process listings. */
export const REMOTE = 'vports';

/**
 * Configures the remote through the environment, which process listings do not show. git passes the URL to its http program as an
 * argument: a password in it goes into a header instead.
 */
export function remoteSettings(
  url: string,
  headers: readonly { key: string; value: string }[] = [],
): Record<string, string> {
  const { bare, authorization } = partCredentials(url);
  const settings = [
    { key: `remote.${REMOTE}.url`, value: bare },
    ...(authorization ? [{ key: 'http.extraHeader', value: `Authorization: Basic ${authorization}` }] : []),
    ...headers,
  ];
  const env = settings.flatMap(({ key, value }, index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { ...Object.fromEntries(env), GIT_CONFIG_COUNT: String(settings.length) };
}

function partCredentials(url: string): { bare: string; authorization?: string } {
  if (!/^https?:\/\//i.test(url)) return { bare: url };
  const parsed = attempt(() => new URL(url));
  if (!parsed?.password) return { bare: url };
  const pair = `${decoded(parsed.username)}:${decoded(parsed.password)}`;
  parsed.username = '';
  parsed.password = '';
  return { bare: parsed.href, authorization: Buffer.from(pair).toString('base64') };
}
