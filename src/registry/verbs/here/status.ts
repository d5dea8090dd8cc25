import { existsSync } from 'node:fs';
import { type LeaseFacts, leaseFacts } from '../../../../events/lease.js';
import { labelOf, MAIN } from '../../../../events/names.js';
import { comparePorts, formatPort } from '../../../../events/port.js';
import type { Held, Holding } from '../../../../events/stream.js';
import { VportsError } from '../../../errors.js';
import { type Finding, note, problem, warning } from '../../../findings.js';
import type { Listener } from '../../../host/listener.js';
import { withoutSecrets } from '../../../log/remote/index.js';
import { type LogName, logOf } from '../../decide/decision.js';
import { inDocuments } from '../../decide/drift/document-drift.js';
import { damageOf, holdingsOf, isLapsed, type View } from '../../decide/view.js';
import {
  asMeantHere,
  type Here,
  type HereOptions,
  namesOf,
  portNamed,
  type Surroundings,
  type Target,
  urlOf,
} from '../../here/index.js';
import { notTheHolder } from '../../query/check.js';
import type { ClaimedPort } from '../../query/queries.js';
import { onThisHost } from '../../state/port-on-host.js';
import { declaredFolders } from '../../update-documents/declared-folders.js';

/** What does not apply is null. */
export interface Status {
  registry: { path: string; url: string | null; from: string };
  /** `from` in words; the first write creates a null id. */
  project: { id: string | null; from: string } | null;
  resource: string | null;
  /** How the resource was guessed, in words. */
  guess: string | null;
  instance: string | null;
  folder: string;
  ports: StatusPort[];
  claims: ClaimedPort[];
  findings: Finding[];
}

export interface StatusPort extends Held, LeaseFacts {
  variables: string[];
  url: string | null;
  log: LogName;
  listeners: Listener[];
}

export async function statusHere(place: Surroundings, options: HereOptions): Promise<Status> {
  const { logs } = place;
  const { path, from } = place.place;
  const remote = logs.remote();
  const registry = { path, url: remote ? withoutSecrets(remote.url) : null, from };
  const of = logs.project();
  const project = of ? { id: of.id ?? null, from: of.from } : null;
  const general = registryFindings(place);
  try {
    return await asMeantHere(place, [], options, async ({ view, here, targets }) => {
      const found = await Promise.all(targets.map((it) => lookAt(it, view)));
      const names = new Set(targets.map(({ base }) => base));
      const claims = (await place.claims()).filter(({ resource }) => names.has(resource));
      return {
        registry,
        project,
        resource: here!.resource,
        guess: here!.guess ?? null,
        instance: here!.instance ?? null,
        folder: here!.root,
        ports: found.flatMap(({ ports }) => ports).sort(comparePorts),
        claims,
        findings: [
          ...general,
          ...damages(view),
          ...targets.flatMap((it) => missing(it, view, here!)),
          ...found.flatMap(({ findings }) => findings),
          ...documentDrift(here!, view),
        ],
      };
    });
  } catch (error) {
    if (!(error instanceof VportsError && error.code === 'BAD_USAGE')) throw error;
    const unnamed = note('NO_RESOURCE', error.message, error.hint);
    const none = { resource: null, guess: null, instance: null, ports: [], claims: [] };
    const broken = damages(await place.view());
    return { registry, project, ...none, folder: place.cwd, findings: [...general, ...broken, unnamed] };
  }
}

function registryFindings({ logs, place: { unused = [] } }: Surroundings): Finding[] {
  const others = unused.map((file) =>
    warning(
      'NOT_TRUSTED',
      `ignoring ${file}: owned by another user`,
      'pass --registry, or run `git config --global --add safe.directory FOLDER`',
    ),
  );
  if (!logs.embedded) return others;
  const isMade = existsSync(logs.place.path);
  const what = `using the registry of this machine${isMade ? '' : ' (the first allocation creates it)'}`;
  return [
    ...others,
    note(
      'EMBEDDED',
      what,
      'to share one with a team, run `vports init DIR` and put {"registry": "DIR"} into .vports.json',
    ),
  ];
}

async function lookAt(target: Target, view: View): Promise<{ ports: StatusPort[]; findings: Finding[] }> {
  const ports: StatusPort[] = [];
  const findings: Finding[] = [];
  for (const holding of meant(target, view)) {
    const { port, protocol, resource, name, lease } = holding;
    const { listeners, stranger } = await onThisHost(view, holding);
    const { variables, https } = portNamed(target, name);
    ports.push({
      port,
      protocol,
      resource,
      name,
      variables,
      url: protocol === 'tcp' ? urlOf({ port, https }) : null,
      log: view.registry === view.host ? 'registry' : logOf(holding),
      ...leaseFacts(lease),
      listeners,
    });
    if (stranger) {
      const { message, hint } = notTheHolder(view, holding, resource, stranger);
      findings.push(problem('PORT_IN_USE', message, hint ?? ''));
    }
    if (isLapsed(view, holding))
      findings.push(
        warning(
          'BAD_TIME',
          `the lease of ${formatPort(holding)} has expired`,
          `\`vports renew ${resource}\``,
        ),
      );
  }
  return { ports, findings };
}

function meant({ resource, only, except }: Target, view: View): Holding[] {
  const byName = new Map<string, Holding>();
  for (const it of holdingsOf(view, resource)) {
    const isMeant = (only === undefined || only === it.name) && !except.has(it.name);
    if (isMeant && !byName.has(it.name)) byName.set(it.name, it);
  }
  return [...byName.values()];
}

function missing(target: Target, view: View, here: Here): Finding[] {
  const held = new Set(holdingsOf(view, target.resource).map(({ name }) => name));
  const names = namesOf(target, view).filter(({ name }) => !held.has(name));
  const isNothing = held.size === 0 && names.length === 0;
  if (!isNothing && names.length === 0) return [];
  const named = names.filter(({ name }) => name !== MAIN).map(({ name }) => name);
  const which = named.length === 0 ? 'port' : `port named ${named.join(', ')}`;
  const what = isNothing ? `${target.resource} holds no port` : `${target.resource} has no ${which} yet`;
  const own = target.base === here.resource;
  const way = own ? `\`vports run COMMAND\` leases the missing ports to this folder` : '';
  const claim = target.lease
    ? ''
    : `${way ? '; ' : ''}\`vports allocate ${target.base}\` allocates it permanently`;
  return [note(isNothing ? 'UNKNOWN_RESOURCE' : 'NOT_HELD', what, `${way}${claim}`)];
}

function documentDrift(here: Here, view: View): Finding[] {
  if (here.folder.service?.resource !== here.resource) return [];
  const { folders } = declaredFolders([here.folder.path]);
  const drift = folders.flatMap((folder) => inDocuments(view, folder, folders).drift);
  return drift.map(({ file, line, name, expected, actual, fix }) => {
    const who = labelOf({ resource: here.resource, name: name ?? MAIN });
    const says = `${file}:${line} says ${actual ?? 'nothing'} for ${who}, the registry ${expected ?? 'nothing'}`;
    return warning('DOCUMENT_DRIFT', says, `\`${fix}\``);
  });
}

function damages(view: View): Finding[] {
  return [...view.damaged].map(([key, damage]) => {
    const { code, message } = damageOf(key, damage);
    return problem(code, message, 'restore what can be restored with `vports doctor --fix`');
  });
}
