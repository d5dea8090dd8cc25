import { outputOf } from '../host/programs.js';
import { NO_TOKENS } from '../log/remote/index.js';
import { hostOf, type Server } from './server.js';

export interface Token {
  text: string;
  /** Where it is from, in words. */
  from: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What git knows, by host (with its port) and path. */
export type AskGit = (where: { host: string; path: string }) => Promise<string | undefined>;

/** No header can be built from anything else. */
const SOUND = /^[\x21-\x7e]{1,2000}$/;

/**
 * The token for a server, which is for its host and no other: of the environment where that is the host that the variable is for, else of gh, else
 * of git's credential helpers. Undefined where there is none.
 */
export async function tokenFor(
  server: Server,
  askGit: AskGit,
  env: Environment = process.env,
): Promise<Token | undefined> {
  const own = tokenFromEnvironment(server, env);
  if (own) return own;
  const fromGh = server.kind === 'github' ? (await askGh(server.host)).trim() : '';
  if (SOUND.test(fromGh)) return { text: fromGh, from: '`gh auth token`' };
  const fromGit = await askGit({ host: server.host, path: `${server.path.join('/')}.git` });
  return fromGit !== undefined && SOUND.test(fromGit)
    ? { text: fromGit, from: 'a credential helper of git' }
    : undefined;
}

function tokenFromEnvironment({ kind, host }: Server, env: Environment): Token | undefined {
  const names = kind === 'gitlab' ? ['GITLAB_TOKEN'] : ['GITHUB_TOKEN', 'GH_TOKEN'];
  const hosts =
    kind === 'gitlab'
      ? ['gitlab.com', hostOf(env.CI_SERVER_URL)]
      : [kind === 'github' ? 'github.com' : undefined, hostOf(env.GITHUB_SERVER_URL)];
  const name = hosts.includes(host) ? names.find((it) => SOUND.test(env[it] ?? '')) : undefined;
  return name === undefined ? undefined : { text: env[name]!, from: name };
}

/** Only what gh keeps for this very host counts. */
function askGh(host: string): Promise<string> {
  return outputOf('gh', ['auth', 'token', '--hostname', host], {
    ...NO_TOKENS,
    GH_PROMPT_DISABLED: '1',
    GH_NO_UPDATE_NOTIFIER: '1',
  });
}
