import { type Dirent, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { environmentName } from '../../events/names.js';
import { attempt } from '../attempt.js';
import type { Warning } from '../errors.js';
import type { ReadText } from '../files/reading-once.js';
import { isComposeFile } from './formats/compose/compose-files.js';
import { editReadme, portsInReadme } from './formats/readme/readme.js';
import { editServiceJson } from './formats/service-json/edit-service-json.js';
import { parseServiceJson } from './formats/service-json/parse-service-json.js';
import type { DocumentFacts, Plan, PlannedDocument } from './plan.js';
import { type ReadmeFile, type ResourceFolder, RUN_FOLDERS, readReadme } from './resource-folder.js';
import { notWritten } from './write-document.js';

/** What has just been read of a folder. */
export interface KnownFolder {
  readme?: ReadmeFile | undefined;
  /** Of all its files, and of those in folders that say how it is run. */
  names?: string[] | undefined;
  read?: ReadText | undefined;
}

/** The variable that carries a port: what service.json says, else the name made from resource and port name. */
export function variableFor(folder: ResourceFolder | undefined, resource: string, name: string): string {
  const declared = folder?.service?.ports.find((port) => port.name === name)?.variable;
  return declared ?? environmentName(resource, name);
}

/** Numbers of service.json that no port can have, by the names that get another one. */
export function wrongNumbers(
  folder: ResourceFolder | undefined,
  ports: ReadonlyMap<string, { port: number }>,
): Warning[] {
  const { service } = folder ?? {};
  return [...(service?.ports ?? []), ...(service?.again ?? [])].flatMap(({ name, wrong, line }) => {
    const granted = ports.get(name);
    if (wrong === undefined || !granted) return [];
    const message = `${service!.path}:${line}: ${wrong} is not a port; ${name} gets ${granted.port}`;
    return [{ code: 'BAD_PORT', message, hint: 'a port is a whole number from 1 to 65535' }];
  });
}

/** Of the names, those whose variable service.json names and nobody may have: they get the usual one. */
export function refusedVariables(
  folder: ResourceFolder | undefined,
  resource: string,
  names: string[],
): Warning[] {
  return (folder?.service?.ports ?? []).flatMap(({ name, refused }) => {
    if (refused === undefined || !names.includes(name)) return [];
    const message = `service.json names the variable ${JSON.stringify(refused.slice(0, 80))} for ${name}, which does not contain PORT; setting ${environmentName(resource, name)} instead`;
    return [{ code: 'VARIABLE_REFUSED', message, hint: 'choose a name that contains PORT' }];
  });
}

/**
 * What the documents of a folder should say: service.json, README (created next to a service.json), env and
 * compose files.
 */
export async function planDocuments(
  folder: ResourceFolder,
  facts: DocumentFacts,
  known: KnownFolder = {},
): Promise<Plan> {
  const service = planServiceJson(folder, facts);
  // In the README ports stand as service.json has them afterwards.
  const [then] = service.documents;
  const order = then?.changed ? parseServiceJson(then.text, then.path).ports : (folder.service?.ports ?? []);
  const plans = [
    service,
    planReadme(folder, facts, order, known.readme),
    await planEnvAndCompose(folder, facts, known),
  ];
  return {
    documents: plans.flatMap(({ documents }) => documents),
    warnings: plans.flatMap(({ warnings }) => warnings),
  };
}

/** The document with this edit; one that the edit does not take is left out. */
function planned(
  path: string,
  before: string | undefined,
  { edit, numbersIn }: Pick<PlannedDocument, 'edit' | 'numbersIn'>,
): PlannedDocument[] {
  const text = edit(before ?? '');
  return text === undefined
    ? []
    : [{ path, before: before ?? '', changed: text !== before, text, edit, numbersIn, wrong: [] }];
}

function planServiceJson({ service }: ResourceFolder, facts: DocumentFacts): Plan {
  if (!service || service.dynamic) return { documents: [], warnings: [] };
  const ports = new Map<string, number | null>(facts.released.map((name) => [name, null]));
  for (const { name, port } of facts.claims) ports.set(name, port);
  const edit = (text: string) =>
    editServiceJson(text, service.path, ports, text === service.text ? service.root : undefined);
  const numbersIn = (version: string) =>
    new Map(
      parseServiceJson(version, service.path).ports.flatMap(({ name, port }) =>
        port !== undefined && ports.has(name) ? [[name, port]] : [],
      ),
    );
  return { documents: planned(service.path, service.text, { edit, numbersIn }), warnings: [] };
}

function planReadme(
  folder: ResourceFolder,
  { resource, claims, addReadme = true }: DocumentFacts,
  order: { name: string }[],
  known?: ReadmeFile,
): Plan {
  const { service, path } = folder;
  const { path: readme, text: before, error } = known ?? readReadme(path);
  if (before === null) return { documents: [], warnings: [notWritten(readme, error)] };
  if (before === undefined && !(addReadme && service && claims.length > 0))
    return { documents: [], warnings: [] };
  const ports = inOrderOf(order, claims).map((claim) => ({
    ...claim,
    variable: variableFor(folder, resource, claim.name),
  }));
  const edit = (version: string) => editReadme(version, ports, { isWanted: addReadme });
  const numbersIn = (version: string) =>
    new Map(portsInReadme(version).map(({ name, port }) => [name, port]));
  const documents = planned(readme, before, { edit, numbersIn });
  return { documents, warnings: documents.length === 0 ? [brokenBlock(readme)] : [] };
}

const ENV_FILE = /^(\.env(\.[\w.-]+)?|[\w.-]+\.env)$/;

/** Whether a file of this name may have ports and their variables. What reads such files is only loaded where there are any. */
export function hasVariables(name: string): boolean {
  return ENV_FILE.test(basename(name)) || isComposeFile(basename(name));
}

async function planEnvAndCompose(
  folder: ResourceFolder,
  facts: DocumentFacts,
  { names: known, read }: KnownFolder,
): Promise<Plan> {
  if (!folder.service) return { documents: [], warnings: [] };
  const names = (known ?? namesIn(folder.path)).filter(hasVariables);
  if (names.length === 0) return { documents: [], warnings: [] };
  const { planWithVariables } = await import('./edit-numbers.js');
  const variables = new Map(
    facts.claims.map(({ name, port }) => [variableFor(folder, facts.resource, name), port]),
  );
  return planWithVariables(
    names.map((name) => join(folder.path, name)),
    variables,
    facts.moved ?? new Map(),
    read,
  );
}

function namesIn(folder: string): string[] {
  const entries = entriesOf(folder);
  const names = entries.flatMap((it) => (it.isDirectory() ? [] : [it.name]));
  const below = entries
    .filter((it) => it.isDirectory() && RUN_FOLDERS.has(it.name))
    .flatMap(({ name }) => {
      const own = entriesOf(join(folder, name)).flatMap((it) => (it.isDirectory() ? [] : [it.name]));
      // One with a service.json of its own is another resource's.
      return own.includes('service.json') && name !== '.vrooli' ? [] : own.map((it) => join(name, it));
    });
  return [...names, ...below].sort();
}

function entriesOf(folder: string): Dirent[] {
  return attempt(() => readdirSync(folder, { withFileTypes: true })) ?? [];
}

function brokenBlock(path: string): Warning {
  return {
    code: 'BROKEN_BLOCK',
    message: `${path} was not changed: it needs exactly one \`<!-- vports:start -->\` with its end, outside a code block`,
    hint: 'keep one start and one end marker, each on its own line, or none; close all code blocks',
  };
}

/** As service.json has the names, then the rest. */
function inOrderOf<Named extends { name: string }>(order: { name: string }[], claims: Named[]): Named[] {
  const place = (claim: Named) => order.findIndex(({ name }) => name === claim.name) >>> 0;
  return [...claims].sort((a, b) => place(a) - place(b));
}
