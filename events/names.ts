const RESOURCE = /^[a-z0-9][a-z0-9._-]{0,62}(?:@[a-z0-9][a-z0-9._-]{0,62})?$/;
const PORT_NAME = /^[a-z][a-z0-9_-]{0,30}$/;

/** The port name of a resource that has one port and no reason to name it. */
export const MAIN = 'main';

/**
 * `web`, `web-api`, `web@branch-7`: lower case, at least one letter before the `@`, so that a bare number is
 * always a port.
 */
export function isResourceName(text: string): boolean {
  return RESOURCE.test(text) && /[a-z]/.test(text.split('@', 1)[0]!);
}

export function isPortName(text: string): boolean {
  return PORT_NAME.test(text);
}

/** The resource that a name like `web@login` is an instance of: `web`; itself where it is of none. */
export function baseOf(resource: string): string {
  return resource.split('@', 1)[0]!;
}

/** Whether two names are instances of one resource: they run beside each other, and never in one environment. */
export function areInstancesOfOne(one: string, other: string): boolean {
  return one !== other && [one, other].every((it) => it.includes('@')) && baseOf(one) === baseOf(other);
}

/**
 * The environment variable that carries a port: `<RESOURCE>_PORT` for `main`, `<RESOURCE>_<NAME>_PORT` otherwise.
 * Upper-cased, every other character `_`, and `_` before a leading digit (POSIX names cannot start with one).
 */
export function environmentName(resource: string, name: string): string {
  const words = name === MAIN ? `${resource}_port` : `${resource}_${name}_port`;
  const variable = words.toUpperCase().replace(/[^A-Z0-9]/g, '_');
  return /^[0-9]/.test(variable) ? `_${variable}` : variable;
}

/** What a port's holder is called: the port name only where it is not `main`, which could be taken for a branch. */
export function labelOf({ resource, name }: { resource: string; name: string }): string {
  return name === MAIN ? resource : `${resource} (${name})`;
}
