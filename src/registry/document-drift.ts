import { formatPort, type PortRef } from '../../events/port.js';
import type { Holding } from '../../events/stream.js';
import type { ToldFolder, ToldPort } from '../documents/told-ports.js';
import { rangeOf } from '../policy/policy.js';
import { defined, otherWithVariable, type Placed } from './decision.js';
import { type Drift, type DriftPart, drift } from './drift.js';
import { holderAt, holdingNamed, holdingsOf, obstacleTo, type View } from './view.js';

/** Where the documents of a folder tell another number than the registry, or one that it does not know. */
export function inDocuments(view: View, folder: ToldFolder): DriftPart {
  const { resource } = folder;
  const claims = claimsOf(view, resource);
  const part: DriftPart = { drift: [], events: [] };
  for (const told of folder.told) {
    const claim = claims.find(({ name }) => name === told.name);
    if (claim?.port === told.port || (!claim && told.port === null)) continue;
    if (!claim && told.document === 'service-json') {
      const event = onRecord(view, resource, told);
      if (event) part.events.push(event);
      part.drift.push(notOnRecord(view, folder, told, event !== undefined));
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
        { document: 'service-json', name: claim.name, port: null, file, line, writable: true },
        claim,
      ),
    );
  }
  return part;
}

function otherNumber({ path, resource }: ToldFolder, told: ToldPort, claim: Holding | undefined): Drift {
  const { document, name, port, file, line } = told;
  return drift(
    document,
    { resource, name, port: claim?.port ?? port, protocol: claim?.protocol ?? null },
    { file, line, expected: claim?.port ?? null, actual: port, fix: `vports docs ${path}`, fixable: true },
  );
}

function notOnRecord(view: View, { path, resource }: ToldFolder, told: ToldPort, fixable: boolean): Drift {
  const ref: PortRef = { port: told.port!, protocol: 'tcp' };
  const holder = holderAt(view, ref);
  return drift(
    'service-json-unrecorded',
    { resource, name: told.name, ...ref },
    {
      file: told.file,
      line: told.line,
      expected: holder ? `${formatPort(ref)} is of ${holder.resource}` : null,
      actual: told.port,
      fix: fixable
        ? `vports register ${resource} ${told.name}=${told.port}`
        : `vports allocate ${resource} --dir ${path}`,
      fixable,
    },
  );
}

/** A number in service.json that nobody else holds and the policy allows is put on record; whoever listens there is taken for the resource. */
function onRecord(view: View, resource: string, { name, port }: ToldPort): Placed | undefined {
  const ref: PortRef = { port: port!, protocol: 'tcp' };
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
