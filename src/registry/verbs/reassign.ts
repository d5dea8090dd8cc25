import { badUsage } from '../../errors.js';
import { type Caller, folderOf, resolveName, resolveNames } from '../caller.js';
import { isGlob } from '../decide/matching-resources.js';
import { moveMany } from '../decide/move-many.js';
import { reassign as decide, type Moved } from '../decide/reassign.js';
import type { View } from '../decide/view.js';
import { checkedReason, requirePort, requirePortChoice } from '../input.js';
import { hazardsHere } from '../state/port-on-host.js';
import type { Documented } from '../update-documents/documents-in-commit.js';
import { documentsInTree } from '../update-documents/documents-of.js';
import { type Common, type Outcome, outcomeOf } from '../write/outcome.js';
import { write } from '../write/write.js';

export interface ReassignOptions extends Common {
  port?: string | undefined;
  to?: string | undefined;
  range?: string | undefined;
  allowOutsidePolicy?: boolean | undefined;
}

type MovedPorts = Outcome & { moved: Moved[] };

export async function reassign(
  caller: Caller,
  names: string[],
  options: ReassignOptions,
): Promise<MovedPorts> {
  const [name = ''] = names;
  const isMany = names.length > 1 || options.range === 'auto' || isGlob(name);
  const outcome = isMany ? await moveClaims(caller, names, options) : await move(caller, name, options);
  const hazards = await hazardsHere(outcome.moved.map((it) => ({ protocol: it.protocol, port: it.to })));
  return { ...outcome, warnings: [...outcome.warnings, ...hazards] };
}

async function move(caller: Caller, named: string, options: ReassignOptions): Promise<MovedPorts> {
  const resource = await resolveName(caller, named, 'reassign');
  const port = options.port === undefined ? undefined : requirePortChoice(options.port);
  const to = options.to === undefined ? undefined : requirePort(options.to);
  const protocol = options.to?.includes('/') ? to?.protocol : undefined;
  const { range, dryRun } = options;
  const { allowOutsidePolicy } = options;
  const reason = checkedReason(options.reason);
  const command = { resource, port, to: to?.port, protocol, range, allowOutsidePolicy, reason };
  const documents = movedDocuments(caller, resource, options);
  const written = await write(caller.logs, {
    decide: (view) => decide(view, command),
    exact: to !== undefined,
    resources: [resource],
    documents: () => documents,
    dryRun,
  });
  return { moved: written.answer, ...(await outcomeOf(written, options, documents)) };
}

function movedDocuments(caller: Caller, resource: string, { docs, dryRun, dir }: Common): Documented[] {
  const folder = folderOf(caller, resource, dir);
  if (docs === false || dryRun) return [];
  return folder ? [{ resource, folder }] : documentsInTree(caller, [resource]).documents;
}

async function moveClaims(
  caller: Caller,
  names: string[],
  { range, to, port, ...options }: ReassignOptions,
): Promise<MovedPorts> {
  const patterns = await resolveNames(caller, names, 'reassign');
  if (range === undefined || to !== undefined || port !== undefined) {
    throw badUsage(
      'several resources can only move into a range',
      'pass --range ID, or --range auto to follow the policy; drop --to and --port',
    );
  }
  const { documents, warnings } = documentsInTree(caller, patterns, options.dir);
  const command = { patterns, range, wishes: wishesOf(documents), reason: checkedReason(options.reason) };
  const following = (answer: Moved[]) => {
    const moved = new Set(answer.map(({ resource }) => resource));
    return options.docs === false || options.dryRun
      ? []
      : documents.filter(({ resource }) => moved.has(resource));
  };
  const written = await write(caller.logs, {
    decide: (view: View) => moveMany(view, command),
    documents: following,
    dryRun: options.dryRun,
  });
  const outcome = await outcomeOf(written, options, following(written.answer));
  const unread = options.docs === false ? [] : warnings;
  return { moved: written.answer, ...outcome, warnings: [...outcome.warnings, ...unread] };
}

/** Ranges asked for in service.json files, by `RESOURCE NAME`. */
function wishesOf(documents: Documented[]): Map<string, string> {
  return new Map(
    documents.flatMap(({ resource, folder: { service } }) =>
      (service?.ports ?? []).flatMap(({ name, range = service?.range }) =>
        range === undefined ? [] : [[`${resource} ${name}`, range] as const],
      ),
    ),
  );
}
