const RESOURCE = /^[a-z0-9][a-z0-9._-]{0,62}(?:@[a-z0-9][a-z0-9._-]{0,62})?$/;
const PORT_NAME = /^[a-z][a-z0-9_-]{0,30}$/;

/** Default port name, for a resource with a single port. */
export const MAIN = 'main';

/** `web`, `web-api`, `web@branch-7`: lower case, at least one letter before the `@`, so that a bare number is always a port. */
export function isResourceName(text: string): boolean {
  return RESOURCE.test(text) && /[a-z]/.test(text.split('@', 1)[0]!);
}

export function isPortName(text: string): boolean {
  return PORT_NAME.test(text);
}

/** The resource without its instance: `web` for `web@login` and for `web`. */
export function baseOf(resource: string): string {
  return resource.split('@', 1)[0]!;
}

/** Whether both are instances of one resource: they run side by side, but never share an environment. */
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

/** The holder's name for people; the port name only if it is not `main`, which could be mistaken for a branch. */
export function labelOf({ resource, name }: { resource: string; name: string }): string {
  return name === MAIN ? resource : `${resource} (${name})`;
}
