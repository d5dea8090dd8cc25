import { environmentName } from '../../../../events/names.js';
import { formatPort, type PortRef } from '../../../../events/port.js';
import type { Holding } from '../../../../events/stream.js';
import type { DeclaredFolder, DeclaredPort } from '../../../documents/declared-ports.js';
import { brokenPlace, editReadme, START } from '../../../documents/formats/readme/readme.js';
import { shellWord } from '../../../files/shell-word.js';
import { rangeOf } from '../../../policy/policy.js';
import { defined, otherWithVariable, type Placed } from '../decision.js';
import { holderAt, holdingNamed, holdingsOf, obstacleTo, type View } from '../view.js';
import { type Drift, type DriftPart, drift } from './drift.js';
import { wayToRegister } from './ways-out.js';

/**
 * Where the documents of a folder tell another number than the registry, or one that it does not know. `readmeRight`: its block is
 * known to be as the registry has it.
 */
export function inDocuments(
  view: View,
  folder: DeclaredFolder,
  all: DeclaredFolder[],
  readmeRight = false,
): DriftPart {
  const { resource } = folder;
  const claims = claimsOf(view, resource);
  const part: DriftPart = { drift: [], events: [] };
  for (const told of folder.told) {
    const claim = claims.find(({ name }) => name === told.name);
    if (claim?.port === told.port || (!claim && told.port === null)) continue;
    if (!claim && told.document === 'service-json') {
      const other = otherNumberElsewhere(resource, told, all);
      const event = other ? undefined : onRecord(view, resource, told);
      if (event) part.events.push(event);
      part.drift.push(notOnRecord(view, folder, told, event !== undefined, other));
    } else if (told.writable) {
      part.drift.push(otherNumber(folder, told, claim));
    }
  }
  for (const claim of claims) {
    if (folder.told.some((it) => it.document === 'service-json' && it.name === claim.name)) continue;
    const { file, line } = folder.service;
    part.drift.push(
      otherNumber(
        folder,
        { ...claim, document: 'service-json', port: null, file, line, writable: true },
        claim,
      ),
    );
  }
  if (!readmeRight && claims.length > 0 && !part.drift.some(({ kind }) => kind === 'readme'))
    part.drift.push(...readmeDrift(folder, claims, view.policy.documents.readme === 'required'));
  return part;
}

/** README problems other than numbers: a missing row, another URL, no block. */
function readmeDrift(
  { path, resource, readme, variables, told }: DeclaredFolder,
  claims: Holding[],
  isWanted: boolean,
): Drift[] {
  const order = told.filter(({ document }) => document === 'service-json').map(({ name }) => name);
  const place = ({ name }: Holding) => order.indexOf(name) >>> 0;
  const ports = [...claims]
    .sort((a, b) => place(a) - place(b))
    .map((it) => ({ ...it, variable: variables.get(it.name) ?? environmentName(resource, it.name) }));
  const wanted = editReadme(readme.text ?? '', ports, { isWanted });
  if (wanted === (readme.text ?? '') && (readme.text !== undefined || !isWanted)) return [];
  const about = { resource, name: null, port: null, protocol: null };
  if (wanted === undefined) {
    const { line, what } = brokenPlace(readme.text ?? '');
    const fix = `fix it, then run vports docs ${shellWord(path)}`;
    return [
      drift('readme', about, { file: readme.path, line, expected: null, actual: what, fix, fixable: false }),
    ];
  }
  const { line, expected, actual } = firstDifference(wanted, readme.text ?? undefined);
  const fix = `vports docs ${shellWord(path)}`;
  return [drift('readme', about, { file: readme.path, line, expected, actual, fix, fixable: true })];
}

function firstDifference(
  wanted: string,
  found: string | undefined,
): { line: number; expected: string; actual: string | null } {
  if (found === undefined || !found.includes(START)) {
    const line = found === undefined ? 1 : found.replace(/\n$/, '').split('\n').length;
    return { line, expected: 'a block with its ports', actual: null };
  }
  const [now, then] = [found.split('\n'), wanted.split('\n')];
  const at = then.findIndex((line, index) => line !== now[index]);
  return { line: at + 1, expected: then[at]?.trim() || 'an end', actual: now[at]?.trim() ?? null };
}

/** Two files with different numbers for one name: a person must choose. */
function otherNumberElsewhere(
  resource: string,
  { name, port }: DeclaredPort,
  all: DeclaredFolder[],
): DeclaredPort | undefined {
  return all
    .filter((it) => it.resource === resource)
    .flatMap(({ told }) => told)
    .find((it) => it.document === 'service-json' && it.name === name && it.port !== null && it.port !== port);
}

function otherNumber(
  { path, resource }: DeclaredFolder,
  told: DeclaredPort,
  claim: Holding | undefined,
): Drift {
  const { document, name, port, file, line } = told;
  return drift(
    document,
    { resource, name, port: claim?.port ?? port, protocol: claim?.protocol ?? null },
    {
      file,
      line,
      expected: claim?.port ?? null,
      actual: port,
      fix: `vports docs ${shellWord(path)}`,
      fixable: true,
    },
  );
}

function notOnRecord(
  view: View,
  { path, resource }: DeclaredFolder,
  told: DeclaredPort,
  fixable: boolean,
  other: DeclaredPort | undefined,
): Drift {
  const ref: PortRef = { port: told.port!, protocol: told.protocol };
  const holder = holderAt(view, ref);
  const second =
    other?.port != null
      ? wayToRegister(view, { resource, name: told.name, port: other.port, protocol: other.protocol })
      : undefined;
  return drift(
    'service-json-unrecorded',
    { resource, name: told.name, ...ref },
    {
      file: told.file,
      line: told.line,
      expected: other
        ? `${other.file}:${other.line} says ${other.port}`
        : holder
          ? `${formatPort(ref)} belongs to ${holder.resource}`
          : null,
      actual: told.port,
      fix:
        [wayToRegister(view, { resource, name: told.name, ...ref }), second]
          .flatMap((it) => it ?? [])
          .join(', or ') || `vports allocate ${shellWord(resource)} --dir ${shellWord(path)}`,
      fixable,
    },
  );
}

/** Registers a number of service.json that is free and allowed; a listener there is assumed to be the resource. */
function onRecord(view: View, resource: string, { name, port, protocol }: DeclaredPort): Placed | undefined {
  const ref: PortRef = { port: port!, protocol };
  const quiet: View = { ...view, busy: new Set() };
  if (obstacleTo(quiet, ref) || holdingNamed(view, resource, name)) return undefined;
  if (otherWithVariable(view, resource, name)) return undefined;
  const range = rangeOf(view.policy, ref.port)?.id;
  return {
    log: 'registry',
    event: { type: 'port.registered', ...ref, resource, name, ...defined({ range }) },
  };
}

function claimsOf(view: View, resource: string): Holding[] {
  const claims = holdingsOf(view, resource).filter((it) => !it.lease);
  return claims.filter((it) => holdingNamed(view, resource, it.name) === it);
}
