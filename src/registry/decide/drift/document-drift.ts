import { environmentName } from '../../../../events/names.js';
import { formatPort, type PortRef } from '../../../../events/port.js';
import type { Holding } from '../../../../events/stream.js';
import type { DeclaredFolder, DeclaredPort } from '../../../documents/declared-ports.js';
import { brokenPlace, editReadme, START } from '../../../documents/formats/readme/readme.js';
import { shellWord } from '../../../files/shell-word.js';
import { rangeOf } from '../../../policy/policy.js';
import { defined, otherWithVariable, type Placed } from '../decision.js';
import { firstClaims, holderAt, holdingNamed, obstacleTo, type View } from '../view.js';
import { type Drift, type DriftPart, drift } from './drift.js';
import { wayToRegister } from './ways-out.js';

/**
 * Differences between the documents of a folder and the registry: other numbers, and unregistered ones. `readmeRight`: the README's
 * block is known to agree.
 */
export function inDocuments(
  view: View,
  folder: DeclaredFolder,
  all: DeclaredFolder[],
  readmeRight = false,
): DriftPart {
  const { resource } = folder;
  const claims = firstClaims(view, resource);
  const part: DriftPart = { drift: [], events: [] };
  for (const declared of folder.ports) {
    const claim = claims.find(({ name }) => name === declared.name);
    if (claim?.port === declared.port || (!claim && declared.port === null)) continue;
    if (!claim && declared.document === 'service-json') {
      const other = otherNumberElsewhere(resource, declared, all);
      const event = other ? undefined : onRecord(view, resource, declared);
      if (event) part.events.push(event);
      part.drift.push(notOnRecord(view, folder, declared, event !== undefined, other));
    } else if (declared.writable) {
      part.drift.push(otherNumber(folder, declared, claim));
    }
  }
  for (const claim of claims) {
    if (folder.ports.some((it) => it.document === 'service-json' && it.name === claim.name)) continue;
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

export function variableOf({ resource, variables }: DeclaredFolder, { name }: Holding): string {
  return variables.get(name) ?? environmentName(resource, name);
}

/** README problems other than numbers: a missing row, another URL, no block. */
function readmeDrift(folder: DeclaredFolder, claims: Holding[], isWanted: boolean): Drift[] {
  const { path, resource, readme, ports } = folder;
  const order = ports.filter(({ document }) => document === 'service-json').map(({ name }) => name);
  const place = ({ name }: Holding) => order.indexOf(name) >>> 0;
  const wantedPorts = [...claims]
    .sort((a, b) => place(a) - place(b))
    .map((it) => ({ ...it, variable: variableOf(folder, it) }));
  const wanted = editReadme(readme.text ?? '', wantedPorts, { isWanted });
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
    .flatMap(({ ports }) => ports)
    .find((it) => it.document === 'service-json' && it.name === name && it.port !== null && it.port !== port);
}

function otherNumber(
  { path, resource }: DeclaredFolder,
  declared: DeclaredPort,
  claim: Holding | undefined,
): Drift {
  const { document, name, port, file, line } = declared;
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
  declared: DeclaredPort,
  fixable: boolean,
  other: DeclaredPort | undefined,
): Drift {
  const ref: PortRef = { port: declared.port!, protocol: declared.protocol };
  const holder = holderAt(view, ref);
  const second =
    other?.port != null
      ? wayToRegister(view, { resource, name: declared.name, port: other.port, protocol: other.protocol })
      : undefined;
  return drift(
    'service-json-unrecorded',
    { resource, name: declared.name, ...ref },
    {
      file: declared.file,
      line: declared.line,
      expected: other
        ? `${other.file}:${other.line} says ${other.port}`
        : holder
          ? `${formatPort(ref)} belongs to ${holder.resource}`
          : null,
      actual: declared.port,
      fix:
        [wayToRegister(view, { resource, name: declared.name, ...ref }), second]
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
