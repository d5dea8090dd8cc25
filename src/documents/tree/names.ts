import { isPortName, isResourceName } from '../../../events/names.js';
import { bareVariable } from '../formats/variable-words.js';

/** Folders that say how a service is run, or that there are services, and not which one it is. */
const GENERIC =
  /^(\.?docker|docker-compose|compose|containers?|deploy|deploys?|deployments?|config|configs|configuration|conf|env|envs|environments?|infra|infrastructure|k8s|kubernetes|kube|manifests?|helm|charts?|ops|devops|local|dev|prod|production|staging|base|overlays?|templates?|\.vrooli|\.github|supabase|\.devcontainer|\.|)$/i;

/** What says that there is a program, and not which one. */
const NAMELESS = /^(src|source|root|lib|app|apps|packages|projects|services|main|resources|properties)$/i;

/** Whether a name says nothing where a package, a folder or a project says more. */
export function isNameless(name: string): boolean {
  return NAMELESS.test(name);
}

/** Whether a folder names nothing. */
export function isGeneric(folder: string): boolean {
  return GENERIC.test(folder) || isNameless(folder);
}

/** Folders of a path that name something, the nearest first; `app` where nothing says more. */
export function meaningfulFolders(folder: string): string[] {
  const parts = folder.split('/').reverse();
  const meaningful = parts.filter((it) => !isGeneric(it));
  const all = meaningful.length > 0 ? meaningful : parts.filter((it) => it === 'app').slice(0, 1);
  return all.map(asResource).filter(isResourceName);
}

/** The nearest valid resource name; a name without letters, or a variable, is returned unchanged and becomes a problem. */
export function asResource(text: string): string {
  if (/[$`{}]/.test(text)) return text;
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9._@-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 63);
  return isResourceName(plain) ? plain : text;
}

/** `store-db`; `immich-server` for `immich-server` of `immich`: no word is repeated. */
export function qualified(around: string, name: string): string {
  return hasWords(name, around) ? name : `${around}-${name}`.slice(0, 63).replace(/[^a-z0-9]+$/, '');
}

/** Whether a name has another one's words in it, as `geo-server` has those of `geo`. */
export function hasWords(name: string, words: string): boolean {
  return `-${name.replace(/[^a-z0-9]+/g, '-')}-`.includes(`-${words.replace(/[^a-z0-9]+/g, '-')}-`);
}

/** `QUESTDB_HTTP_PORT` of questdb is `http`, `QUESTDB_PORT` is empty, and so is `PORT`. */
export function portNameIn(variable: string, words: readonly string[]): string {
  const bare = bareVariable(variable);
  const prefix = words
    .map((word) => word.toLowerCase().replace(/[^a-z0-9]+/g, '_'))
    .filter((word) => bare === word || bare.startsWith(`${word}_`))
    .sort((a, b) => b.length - a.length)[0];
  const rest = (prefix === undefined ? bare : bare.slice(prefix.length + 1)).replace(/^_+|_+$/g, '');
  return rest === '' || isPortName(rest) ? rest : `p_${rest}`.slice(0, 31);
}
