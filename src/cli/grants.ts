import type { Grants } from '../registry/outcome.js';
import type { Registry } from '../registry/registry.js';
import type { Answer } from './command.js';
import { writeAnswer } from './write-flags.js';

/** The answer of `allocate` and `register`: the bare port, or NAME=PORT a line. */
export function grantsAnswer(registry: Registry, grants: Grants, flags: { 'dry-run': boolean }): Answer {
  const ports = [...grants.ports];
  const text =
    ports.length === 1
      ? String(ports[0]![1].port)
      : ports.map(([name, { port }]) => `${name}=${port}`).join('\n');
  const json = {
    resource: grants.resource,
    ports: Object.fromEntries(
      ports.map(([name, { port, protocol, range, env, lease, created }]) => [
        name,
        { port, protocol, range, env, lease, created },
      ]),
    ),
  };
  return writeAnswer(registry, grants, { text, json }, flags);
}
