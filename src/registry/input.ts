import { isPortName, isResourceName } from '../../events/names.js';
import { formatPort, type PortRef, parsePort, portKey } from '../../events/port.js';
import { badUsage, VportsError } from '../errors.js';
import { isBranchName } from '../log/git/index.js';

/** Escapes control characters, so that user input can be printed. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** Throws BAD_NAME. */
export function requireResource(text: string): string {
  if (isResourceName(text)) return text;
  throw new VportsError('BAD_NAME', `${quoted(text)} is not a valid resource name`, {
    hint: 'use lower-case letters, digits, ".", "_" and "-", at least one letter, at most 63 characters',
    details: { name: text.slice(0, 200) },
  });
}

/** Throws BAD_NAME. */
export function requirePortName(text: string): string {
  if (isPortName(text)) return text;
  throw new VportsError('BAD_NAME', `${quoted(text)} is not a valid port name`, {
    hint: 'use a lower-case letter followed by letters, digits, "_" and "-", at most 31 characters',
    details: { name: text.slice(0, 200) },
  });
}

/** Whether a word is a port rather than a resource: no letters except after a slash. */
export function meansPort(text: string): boolean {
  return /^[^a-z]*$/i.test(text) || /^\d+\//.test(text);
}

/** Throws BAD_PORT. */
export function requirePort(text: string): PortRef {
  const ref = parsePort(text);
  if (ref) return ref;
  throw new VportsError('BAD_PORT', `${quoted(text)} is not a port`, {
    hint: 'write a number from 1 to 65535, like 25000, 25000/tcp or 25000/udp',
    details: { port: text.slice(0, 200) },
  });
}

const MOST_PORTS = 1_000;

/** `3000-3010`, `3000-3010/udp`. */
export function meansPorts(text: string): boolean {
  return /^\d+-\d/.test(text);
}

export function requirePorts(text: string): PortRef[] {
  const [from = '', to = ''] = text.split(/-(.*)/s);
  const last = requirePort(to);
  const { port: first } = requirePort(from);
  const count = last.port - first + 1;
  if (count >= 1 && count <= MOST_PORTS)
    return Array.from({ length: count }, (_, index) => ({ port: first + index, protocol: last.protocol }));
  throw new VportsError('BAD_RANGE', `${quoted(text)} has ${count < 1 ? 'no' : count} ports`, {
    hint: `write FROM-TO, like 3000-3010: from 1 to ${MOST_PORTS} ports`,
  });
}

/** Throws BAD_NAME, BAD_PORT. */
export function requirePortChoice(text: string): string {
  const [first = '', number] = text.split(/=(.*)/s);
  if (/^[0-9]/.test(text)) requirePort(text);
  else requirePortName(number === undefined ? text.replace(/\/(tcp|udp)$/, '') : first);
  if (number !== undefined) requirePort(number);
  return text;
}

function requireLine(text: string, what: string, longest: number): string {
  if (text.trim() !== '' && text.length <= longest && !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text))
    return text;
  throw badUsage(`the ${what} must be one line of at most ${longest} characters`, `--${what} "a few words"`, {
    details: { length: text.length },
  });
}

export function checkedOwner(owner: string | undefined): string | undefined {
  return owner === undefined ? undefined : requireLine(owner, 'owner', 200);
}

export function checkedReason(reason: string | undefined): string | undefined {
  return reason === undefined ? undefined : requireLine(reason, 'reason', 500);
}

export function refuseRepeated(ports: (PortRef & { name: string })[]): void {
  for (const [index, port] of ports.entries()) {
    const before = ports.slice(0, index);
    if (before.some((it) => it.name === port.name)) {
      throw badUsage(`the port name ${port.name} is given twice`, 'name each port: NAME=PORT');
    }
    if (before.some((it) => portKey(it) === portKey(port))) {
      throw badUsage(`${formatPort(port)} is given twice`, 'give each port once');
    }
  }
}

export function badProject(text: string): VportsError {
  return badUsage(
    `${quoted(text)} is not a project id`,
    'write it like github.com/acme/shop, in 1 to 200 characters; `vports status` shows the one of this folder',
  );
}

/** Throws BAD_USAGE for what git, or we, would not take as the name of a branch. */
export function requireBranch(text: string): string {
  if (isBranchName(text) && text.length <= 100) return text;
  throw badUsage(
    `${quoted(text)} is not a valid branch name`,
    'use a git branch name of at most 100 characters: no spaces, no "..", none of ~ ^ : ? * [ \\',
  );
}
