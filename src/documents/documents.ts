import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { environmentName } from '../../events/names.js';
import type { PortRef } from '../../events/port.js';
import { errno, type Warning } from '../errors.js';
import { readRegularFile } from '../regular-file.js';
import { shellWord } from '../shell-word.js';
import { editReadme, portsInReadme } from './readme.js';
import { type ResourceFolder, utf8 } from './resource-folder.js';
import { editServiceJson, parseServiceJson } from './service-json.js';

/** What the documents of one resource have to say: its claims, never its leases. */
export interface DocumentFacts {
  resource: string;
  claims: (PortRef & { name: string })[];
  /** Names that were given back just now, and whose numbers leave service.json. */
  released: string[];
}

/** A document as it should be. */
export interface PlannedDocument {
  path: string;
  /** Empty where there is none yet. */
  before: string;
  changed: boolean;
  text: string;
  /** The same edit on another version of the document; undefined where that is not to be edited. */
  edit: (text: string) => string | undefined;
  /** Port numbers that a version of the document tells, by port name. */
  tells: (text: string) => Map<string, number>;
}

/** The variable that carries a port: what service.json says, else the name made from resource and port name. */
export function variableFor(folder: ResourceFolder | undefined, resource: string, name: string): string {
  const declared = folder?.service?.ports.find((port) => port.name === name)?.variable;
  return declared ?? environmentName(resource, name);
}

/** What service.json and README of a folder should say. A README is made where a service.json stands beside it. */
export function planDocuments(
  folder: ResourceFolder,
  facts: DocumentFacts,
): { documents: PlannedDocument[]; warnings: Warning[] } {
  const documents: PlannedDocument[] = [];
  const warnings: Warning[] = [];
  const { service } = folder;
  if (service && !service.dynamic) {
    const ports = new Map<string, number | null>(facts.released.map((name) => [name, null]));
    for (const { name, port } of facts.claims) ports.set(name, port);
    const edit = (text: string) => editServiceJson(text, service.path, ports);
    const text = edit(service.text);
    const tells = (version: string) =>
      new Map(
        parseServiceJson(version, service.path).ports.flatMap(({ name, port }) =>
          port !== undefined && ports.has(name) ? [[name, port]] : [],
        ),
      );
    documents.push({
      path: service.path,
      before: service.text,
      changed: text !== service.text,
      text,
      edit,
      tells,
    });
  }
  const readme = join(folder.path, 'README.md');
  let before: string | undefined;
  try {
    before = existsSync(readme) ? utf8(readRegularFile(readme)) : undefined;
    if (before === undefined && existsSync(readme))
      return { documents, warnings: [notWritten(readme, 'not UTF-8')] };
  } catch (error) {
    return { documents, warnings: [notWritten(readme, error)] };
  }
  if (before !== undefined || (service && facts.claims.length > 0)) {
    const ports = inOrderOf(service?.ports ?? [], facts.claims).map((claim) => ({
      ...claim,
      variable: variableFor(folder, facts.resource, claim.name),
    }));
    const edit = (version: string) => editReadme(version, ports);
    const text = edit(before ?? '');
    const tells = (version: string) => new Map(portsInReadme(version).map(({ name, port }) => [name, port]));
    if (text !== undefined)
      documents.push({ path: readme, before: before ?? '', changed: text !== before, text, edit, tells });
    else warnings.push(brokenBlock(readme));
  }
  return { documents, warnings };
}

/** Writes a document whole or not at all; through a symbolic link, and with the file's own permissions. */
export function writeDocument({ path, text }: PlannedDocument): Warning | undefined {
  let temporary: string | undefined;
  try {
    const target = existsSync(path) ? realpathSync(path) : path;
    const before = statSync(target, { throwIfNoEntry: false });
    // A file of several names stays one file: only then is it written in place.
    if (before && before.nlink > 1) {
      writeFileSync(target, text);
      return undefined;
    }
    const name = join(dirname(target), `.vports-${randomBytes(8).toString('hex')}.tmp`);
    writeFileSync(name, text, { flag: 'wx', mode: 0o666 });
    temporary = name;
    if (before) keepOwner(name, before);
    renameSync(name, target);
    return undefined;
  } catch (error) {
    if (temporary) rmSync(temporary, { force: true });
    return notWritten(path, error);
  }
}

/** Throws where the file would become somebody else's. */
function keepOwner(temporary: string, { uid, gid, mode }: Stats): void {
  const own = statSync(temporary);
  if (own.uid !== uid || own.gid !== gid) chownSync(temporary, uid, gid);
  chmodSync(temporary, mode);
}

function notWritten(path: string, why: unknown): Warning {
  return {
    code: 'DOCUMENT_NOT_WRITTEN',
    message: `${path} was not written (${typeof why === 'string' ? why : (errno(why) ?? 'unknown')}); the registry has the change`,
    hint: `\`vports docs ${shellWord(dirname(path))}\` writes it once it can be`,
  };
}

function brokenBlock(path: string): Warning {
  return {
    code: 'BROKEN_BLOCK',
    message: `${path} has not one \`<!-- vports:start -->\` with its end, and was left alone`,
    hint: 'leave one start and one end, each on a line of its own, or none',
  };
}

/** As service.json has the names, then the rest. */
function inOrderOf<Named extends { name: string }>(order: { name: string }[], claims: Named[]): Named[] {
  const place = (claim: Named) => order.findIndex(({ name }) => name === claim.name) >>> 0;
  return [...claims].sort((a, b) => place(a) - place(b));
}
