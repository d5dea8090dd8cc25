import { createHash } from 'node:crypto';
import { isResourceName } from '../../../events/names.js';

const LONGEST = 63;
/** Path segments that some hosts add to URLs. */
const LEFT_OUT = new Set(['v3', '_git', 'scm']);
/** Aliases of hosts, as for ssh over port 443. */
const ALIAS = /^(?:alt)?ssh\.(?=[^.]+\.[^.]+)/;

/** `github.com/acme/shop`: without scheme, user, port, query and `.git`. Undefined if it is not a URL. */
export function idOfUrl(url: string): string | undefined {
  const bare = url.replace(/[?#].*$/s, '');
  const [, authority, path] =
    /^[a-z][a-z0-9+.-]*:\/\/([^/]+)\/(.*)$/i.exec(bare) ?? /^([^/\\:]{2,}):(?!\/\/)(.*)$/.exec(bare) ?? [];
  if (authority === undefined || path === undefined) return undefined;
  const host = authority.replace(/^.*@/, '').replace(/:\d*$/, '').toLowerCase();
  const parts = path.split('/').filter((it) => it !== '');
  const id = [host, ...parts].join('/').replace(/\.git$/i, '');
  return host !== '' && parts.length > 0 && isProjectId(id) ? id : undefined;
}

export function isProjectId(text: unknown): text is string {
  return (
    typeof text === 'string' &&
    text.length >= 1 &&
    text.length <= 200 &&
    !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)
  );
}

/** Case-insensitive; compares host aliases and the last two path segments. */
export function isSameProject(one: string, other: string): boolean {
  return one === other || projectKey(one) === projectKey(other);
}

export function projectKey(id: string): string {
  const [host = '', ...path] = id.toLowerCase().split('/');
  const parts = path.filter((it) => !LEFT_OUT.has(it));
  return [host.replace(ALIAS, ''), ...parts.slice(-2)].join('/');
}

/** Generated ids (`local:…`) mean nothing on other machines. */
export function isLocalId(id: string): boolean {
  return id.startsWith('local:');
}

/** Whether a repository with a new id keeps its holdings: the old id was generated, or only the host changed. */
export function isFormerId(before: string, id: string): boolean {
  if (before === id) return false;
  const lastTwo = (it: string) => projectKey(it).split('/').slice(1).join('/');
  return isLocalId(before) || (lastTwo(before) !== '' && lastTwo(before) === lastTwo(id));
}

/**
 * Names for what a project calls `local`, where others have that name: `shop.web`, `acme-shop.web`, then numbers. `folder` replaces a
 * project that has no better name.
 */
export function* ownNames(id: string | undefined, local: string, folder: string): Generator<string> {
  const parts = id === undefined || isLocalId(id) ? [folder] : id.split('/').slice(1);
  const [base, instance] = local.split('@');
  const short = asName(parts.at(-1) ?? folder);
  const named = [short, asName(parts.slice(-2).join('-'))].map((it) => fitting(`${it}.${asName(base!)}`));
  const whole = (name: string) => (instance === undefined ? name : `${name}@${instance}`);
  for (const name of new Set(named)) yield whole(name);
  for (let number = 2; ; number++) yield whole(fitting(`${short}.${asName(base!)}-${number}`));
}

function asName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '');
  return name === '' ? 'project' : name;
}

function fitting(name: string): string {
  const valid = isResourceName(name) ? name : `project-${name}`;
  if (valid.length <= LONGEST) return valid;
  const sum = createHash('sha256').update(valid).digest('hex').slice(0, 8);
  return `${valid.slice(0, LONGEST - sum.length - 1)}-${sum}`;
}
