import { dirname, join, resolve } from 'node:path';
import { PROJECT_FILE } from '../../documents/excluded.js';
import { errno, VportsError } from '../../errors.js';
import { readRegularText } from '../../files/regular-file.js';
import { dataFolder } from '../../files/user-folders.js';
import { isNetworkPath } from '../../files/windows-names.js';
import { hasTrustedOwner } from '../../log/git/index.js';
import { folderNameFor, isRemoteUrl, requireRemoteUrl } from '../../log/remote/index.js';
import { existsSync } from '../../world/files.js';
import { isLocalId, isProjectId } from '../project/project-id.js';

type Environment = Record<string, string | undefined>;

export interface Place {
  path: string;
  /** URL of a shared registry; `path` is then its clone in the data folder. */
  remote?: string | undefined;
  from: 'option' | 'VPORTS_REGISTRY' | 'project' | 'embedded';
  /** Ignored .vports.json files of other users. */
  unused?: string[];
}

/**
 * Finds the registry: `asked` (--registry), VPORTS_REGISTRY, the nearest .vports.json above `cwd`, else the embedded one.
 * Throws REGISTRY_NOT_FOUND for a broken .vports.json, and with CI set where it would be the embedded one unasked: a
 * registry that ends with the machine is never what a pipeline means.
 */
export function findRegistry(asked: string | undefined, cwd: string, env: Environment = process.env): Place {
  if (asked) return placed(asked, cwd, 'option');
  if (env.VPORTS_REGISTRY) return placed(env.VPORTS_REGISTRY, cwd, 'VPORTS_REGISTRY');
  const unused: string[] = [];
  const ignored = () => (unused.length > 0 ? { unused } : {});
  for (let at = resolve(cwd); ; at = dirname(at)) {
    const file = join(at, PROJECT_FILE);
    if (existsSync(file)) {
      const registry = hasTrustedOwner(file, at) ? registryIn(file) : null;
      if (registry) return { ...placed(registry, at, 'project'), ...ignored() };
      if (registry === null) unused.push(file);
    }
    if (dirname(at) === at) break;
  }
  if (env.CI && env.CI !== 'false') {
    throw new VportsError(
      'REGISTRY_NOT_FOUND',
      `no ${PROJECT_FILE} above ${cwd} names a registry, and CI is set`,
      {
        hint: 'pass --registry PATH, or `--registry embedded` for the one of this machine',
        details: { cwd },
      },
    );
  }
  return { path: hostLogPath(env), from: 'embedded', ...ignored() };
}

/** Whether an argument of `import` is a registry: `embedded`, a URL, or a folder that is one. */
export function meansRegistry(text: string, cwd: string): boolean {
  if (text === 'embedded' || isRemoteUrl(text)) return true;
  const has = (...names: string[]) => names.every((it) => existsSync(join(resolve(cwd, text), it)));
  return has('HEAD', 'objects', 'refs') || has('policy.json', 'events');
}

/** The log of leases, which is also the embedded registry. `VPORTS_HOST_LOG` overrides it. */
export function hostLogPath(env: Environment = process.env): string {
  return env.VPORTS_HOST_LOG ? resolve(env.VPORTS_HOST_LOG) : join(dataFolder(env), 'host.git');
}

function placed(text: string, base: string, from: Place['from']): Place {
  if (process.platform === 'win32' && from === 'project' && isNetworkPath(text)) {
    throw new VportsError(
      'NOT_TRUSTED',
      `a file of this project names a registry on another machine: ${JSON.stringify(text.slice(0, 200))}`,
      {
        hint: 'Windows would send your login to that machine; if you trust it, pass --registry or set VPORTS_REGISTRY',
      },
    );
  }
  if (text === 'embedded') return { path: hostLogPath(), from: 'embedded' };
  if (isRemoteUrl(text)) {
    const remote = requireRemoteUrl(text);
    return { path: join(dataFolder(), 'remotes', folderNameFor(remote)), remote, from };
  }
  return { path: resolve(base, text), from };
}

function registryIn(file: string): string | undefined {
  let [text, value]: [string, unknown] = ['', undefined];
  const bad = (what: string, key?: string) => badProjectFile(file, text, what, key);
  try {
    text = readRegularText(file).replace(/^\uFEFF/, '');
    value = JSON.parse(text);
  } catch (error) {
    throw bad(errno(error) ? 'cannot be read' : 'is not JSON');
  }
  // Checked by hand, because loading the schemas would slow down every command.
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const unknown = entries.find(([key]) => !['registry', 'project', 'ignore', '$schema'].includes(key))?.[0];
  if (unknown !== undefined)
    throw bad(`has the unknown key ${JSON.stringify(unknown.slice(0, 80))}`, unknown);
  const { registry, project, ignore = [] } = Object.fromEntries(entries);
  if (project !== undefined && (!isProjectId(project) || isLocalId(project)))
    throw bad('"project" is not an id like github.com/acme/shop', 'project');
  if (!Array.isArray(ignore) || ignore.some((it) => typeof it !== 'string'))
    throw bad('"ignore" is not a list of patterns like "templates/**"', 'ignore');
  if (typeof registry === 'string' && registry !== '') return registry;
  if (registry === undefined && project !== undefined) return undefined;
  throw bad('is not {"registry": "PATH or URL"}');
}

/** `key`: where in the text it is bad. */
function badProjectFile(file: string, text: string, what: string, key?: string): VportsError {
  const before = key && text.slice(0, Math.max(0, text.indexOf(JSON.stringify(key))));
  const line = before?.split('\n').length;
  return new VportsError('REGISTRY_NOT_FOUND', `${file}${line === undefined ? '' : `:${line}`} ${what}`, {
    hint: `fix it, or pass --registry`,
    details: { file, ...(line !== undefined && { line }) },
  });
}
