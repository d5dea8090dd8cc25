import { portArgument } from '../../events/port.js';
import { meansPort, meansPorts } from '../registry/input.js';
import type { Check } from '../registry/query/check.js';
import type { Registry } from '../registry/registry.js';
import type { ReleaseOptions } from '../registry/verbs/release.js';
import type { Grants } from '../registry/write/outcome.js';
import { renderCheck } from '../render/ports.js';
import type { Answer } from './command.js';
import { writeAnswer } from './write-flags.js';

export function grantsAnswer(registry: Registry, grants: Grants, options: { dryRun?: boolean }): Answer {
  const ports = [...grants.ports];
  const text =
    ports.length === 1
      ? String(ports[0]![1].port)
      : ports.map(([name, { port }]) => `${name}=${port}`).join('\n');
  const json = {
    resource: grants.resource,
    ports: Object.fromEntries(
      ports.map(([name, { port, protocol, range, env, leased, lease, folder, created }]) => [
        name,
        { port, protocol, range, env, leased, lease, folder, created },
      ]),
    ),
  };
  return writeAnswer(registry, grants, { text, json }, options);
}

export async function shownAnswer(
  registry: Registry,
  resource: string,
  { at, json: commits }: { at?: string | undefined; json?: boolean | undefined },
): Promise<Answer> {
  const ports = [...(await registry.show(resource, { at, commits }))];
  const facts = ports.map(([name, { resource: _, name: __, ...rest }]) => [name, rest] as const);
  return {
    text: ports.map(([name, { port }]) => `${name}=${port}`).join('\n'),
    json: { resource, ports: Object.fromEntries(facts) },
  };
}

export async function checkAnswer(
  registry: Registry,
  what: string,
  options: { at?: string | undefined; for?: string | undefined },
): Promise<Answer> {
  if (meansPorts(what)) return checkedPorts(await registry.checkPorts(what, options));
  if (meansPort(what)) return checkedPort(await registry.check(what, options));
  const checks = [...(await registry.checkResource(what, options))];
  return {
    text: checks.map(([name, check]) => `${name}=${check.port} ${renderCheck(check)}`).join('\n'),
    json: { resource: what, ports: Object.fromEntries(checks) },
    warnings: checks.flatMap(([, check]) => check.warnings),
    ...verdictOf(checks.every(([, check]) => check.available)),
  };
}

function checkedPorts(ports: Check[]): Answer {
  return {
    text: ports.map((it) => `${portArgument(it)} ${renderCheck(it)}`).join('\n'),
    json: { ports },
    warnings: ports.flatMap((it) => it.warnings),
    ...verdictOf(ports.every((it) => it.available)),
  };
}

function checkedPort(json: Check): Answer {
  const closing =
    json.verdict === 'reserved' || json.verdict === 'outside-ranges' ? exceptionHint(json) : undefined;
  return { text: renderCheck(json), json, warnings: json.warnings, closing, ...verdictOf(json.available) };
}

function exceptionHint(json: Check): string {
  const why = json.verdict === 'reserved' ? 'the policy reserves it' : 'no range of the policy has it';
  return `${why}; to use it anyway: \`vports register NAME ${portArgument(json)} --allow-outside-policy\``;
}

function verdictOf(verdict: boolean): Pick<Answer, 'exit' | 'verdict'> {
  return { verdict, exit: verdict ? 0 : 1 };
}

export async function releaseAnswer(
  registry: Registry,
  resources: string | string[],
  options: ReleaseOptions,
): Promise<Answer> {
  const { released, ...outcome } = await registry.release(resources, options);
  const text = released.map(({ port }) => port).join('\n');
  return writeAnswer(registry, outcome, { text, json: { released } }, options);
}
