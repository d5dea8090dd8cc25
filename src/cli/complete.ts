import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt } from '../attempt.js';
import { packageRoot } from '../files/package-root.js';
import { Registry } from '../registry/registry.js';

export interface Candidate {
  value: string;
  about: string;
}

/** As in oclif's manifest. */
interface Known {
  id: string;
  summary?: string;
  hidden?: boolean;
  strict?: boolean;
  args: Record<string, { name: string; options?: string[] }>;
  flags: Record<string, KnownFlag>;
}

interface KnownFlag {
  name: string;
  char?: string;
  type: 'boolean' | 'option';
  description?: string;
  options?: string[];
  multiple?: boolean;
}

/** Number of free ports offered. */
const FREE = 5;

/**
 * Candidates for the last of these words, which follow the program's name. Uses no network; what cannot be read has no candidates.
 */
export async function candidatesFor(words: readonly string[]): Promise<Candidate[]> {
  const [, before = '', name = '', value] = /^((--[^=]+|[^=]*)=)(.*)$/s.exec(words.at(-1) ?? '') ?? [];
  if (value === undefined) return candidatesForWords(words);
  const behind = name.startsWith('--') ? [name, value] : [value];
  const candidates = await candidatesForWords([...words.slice(0, -1), ...behind]);
  return candidates.map((it) => ({ ...it, value: `${before}${it.value}` }));
}

async function candidatesForWords(words: readonly string[]): Promise<Candidate[]> {
  const commands = knownCommands();
  const [first = '', second] = words;
  const last = words.at(-1) ?? '';
  const command =
    commands.find(({ id }) => id === `${first}:${second}`) ?? commands.find(({ id }) => id === first);
  const depth = command?.id.includes(':') ? 2 : 1;
  const rest = words.slice(depth);
  if (!command || rest.length === 0) return fitting(commandWords(commands, words), last);
  if (rest.slice(0, -1).includes('--')) return [];
  const flag = flagBefore(command, rest);
  const found = flag
    ? await valuesOf(command, flag.name, flag.options, words)
    : last.startsWith('-')
      ? flagsOf(command, rest)
      : await argumentsOf(command, rest, words);
  return fitting(found, last);
}

function fitting(all: Candidate[], start: string): Candidate[] {
  const once = new Map(all.filter(({ value }) => value.startsWith(start)).map((it) => [it.value, it]));
  return [...once.values()];
}

function knownCommands(): Known[] {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), 'oclif.manifest.json'), 'utf8'));
  return (Object.values(manifest.commands) as Known[]).filter(({ hidden }) => !hidden);
}

function commandWords(commands: Known[], words: readonly string[]): Candidate[] {
  const [first = ''] = words;
  return commands.flatMap(({ id, summary = '' }) => {
    const [one, two] = id.split(':') as [string, string | undefined];
    if (words.length > 1) return one === first && two !== undefined ? [{ value: two, about: summary }] : [];
    return [{ value: one, about: two === undefined ? summary : `${one} …` }];
  });
}

function flagsOf(command: Known, rest: readonly string[]): Candidate[] {
  return Object.values(command.flags)
    .filter(({ name, multiple }) => multiple || !rest.slice(0, -1).includes(`--${name}`))
    .map(({ name, description = '' }) => ({ value: `--${name}`, about: description }));
}

function flagBefore(command: Known, rest: readonly string[]): KnownFlag | undefined {
  const before = rest.at(-2);
  return Object.values(command.flags).find(
    ({ name, char, type }) =>
      type === 'option' && (before === `--${name}` || (char && before === `-${char}`)),
  );
}

async function argumentsOf(
  command: Known,
  rest: readonly string[],
  words: readonly string[],
): Promise<Candidate[]> {
  const args = Object.values(command.args);
  const at = positional(command, rest.slice(0, -1)).length;
  const arg = args[at] ?? (command.strict === false && command.id !== 'run' ? args.at(-1) : undefined);
  if (!arg) return [];
  const name = command.id.endsWith('register') && at > 0 ? 'free' : arg.name;
  return valuesOf(command, name, arg.options, words);
}

function positional(command: Known, words: readonly string[]): string[] {
  return words.filter((word, index) => {
    if (word.startsWith('-')) return false;
    return flagBefore(command, words.slice(0, index + 1)) === undefined;
  });
}

async function valuesOf(
  command: Known,
  name: string,
  options: string[] | undefined,
  words: readonly string[],
): Promise<Candidate[]> {
  if (options) return plainly(options);
  if (command.id === 'schema') return schemaNames();
  if (command.id === 'run' && name === 'command') return scriptNames();
  const registry = openOnRecord(words);
  if (!registry) return [];
  try {
    const resource = positional(command, words.slice(command.id.includes(':') ? 2 : 1, -1))[0];
    return await valuesIn(registry, { command: command.id, name, resource });
  } catch {
    return [];
  } finally {
    await registry.close();
  }
}

async function schemaNames(): Promise<Candidate[]> {
  const { SCHEMA_NAMES } = await import('../schema/index.js');
  return plainly(SCHEMA_NAMES.filter((it) => !it.includes(' ')));
}

async function scriptNames(): Promise<Candidate[]> {
  const { scriptsHere } = await import('../registry/run/index.js');
  return [...scriptsHere(process.cwd())].map(([value, about]) => ({ value, about }));
}

function plainly(values: readonly string[], about = ''): Candidate[] {
  return values.map((value) => ({ value, about }));
}

/** Undefined if reading it would need the network. */
function openOnRecord(words: readonly string[]): Registry | undefined {
  return attempt(() => {
    const at = words.indexOf('--registry');
    const registry = Registry.open(at < 0 ? {} : { path: words[at + 1] });
    const isHere = registry.place.remote === undefined || existsSync(registry.place.path);
    return isHere ? registry : undefined;
  });
}

async function valuesIn(
  registry: Registry,
  { command, name, resource }: { command: string; name: string; resource: string | undefined },
): Promise<Candidate[]> {
  if (isRevision(command, name)) return plainly(await registry.branches(), 'a branch');
  if (name === 'range') {
    const isAsked = command === 'allocate' || command === 'reassign';
    const ranges = (await registry.ranges()).filter(({ reserved }) => !(isAsked && reserved));
    return ranges.map(({ id, from, to, free }) => ({ value: id, about: `${from}-${to}, ${free} free` }));
  }
  const isNew = name === 'free' || (name === 'to' && command === 'reassign');
  if (isNew || (name === 'port' && command === 'allocate')) return freePorts(registry);
  const held = await registry.list();
  const own = held.filter((it) => [it.resource, it.local].includes(resource ?? ''));
  const project = registry.project?.id;
  const calledHere = (it: { resource: string; local: string | null; project: string | null }) =>
    project !== undefined && it.project === project ? (it.local ?? it.resource) : it.resource;
  const resources = held.map((it) => ({ value: calledHere(it), about: it.owner ?? '' }));
  const ports = held.map((it) => ({
    value: it.protocol === 'tcp' ? `${it.port}` : `${it.port}/${it.protocol}`,
    about: it.resource,
  }));
  const names = own.map((it) => ({ value: it.name, about: `${it.port}/${it.protocol}` }));
  switch (name) {
    case 'resource':
    case 'for':
    case 'force':
    case 'share':
      return resources;
    case 'instance':
      return plainly(['none', ...held.map((it) => it.resource.split('@')[1] ?? 'none')]);
    case 'name':
      return names;
    case 'port':
      return ['who', 'kill', 'port:check', 'port-registry:check'].includes(command) ? ports : names;
    case 'what':
    case 'about':
      return [...resources, ...ports];
    case 'owner':
      return plainly(held.flatMap(({ owner }) => owner ?? []));
    default:
      return [];
  }
}

/** Whether a branch may stand there; `ci --base` is one of the repository that is checked. */
function isRevision(command: string, name: string): boolean {
  const own: Record<string, string[]> = { diff: ['from', 'to'], replay: ['until'] };
  if (command === 'ci' && name === 'base') return false;
  return ['at', 'base', 'head', 'branch', ...(own[command] ?? [])].includes(name);
}

/** The lowest unheld ports of the default range; listeners are only checked by `allocate`. */
async function freePorts(registry: Registry): Promise<Candidate[]> {
  const [{ policy }, held] = await Promise.all([registry.policy(), registry.list()]);
  const taken = new Set(held.map(({ port }) => port));
  const range = policy.ranges.find(({ id }) => id === policy.default);
  const found: string[] = [];
  for (let port = range?.from ?? 1; range && port <= range.to && found.length < FREE; port++)
    if (!taken.has(port)) found.push(String(port));
  return plainly(found, `free in ${range?.id}`);
}
