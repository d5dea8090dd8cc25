import { environmentName, MAIN } from '../../events/names.js';
import { formatPort } from '../../events/port.js';
import { staleBlocks } from '../documents/stale-block.js';
import { VportsError } from '../errors.js';
import { shellWord } from '../files/shell-word.js';
import { workTreeOf } from '../files/work-tree.js';
import type { LocatedEvent } from '../log/event-log.js';
import { branchName } from '../log/git/index.js';
import { parseDuration } from '../policy/duration.js';
import { proposalInWords } from '../registry/query/request-words.js';
import type { Registry } from '../registry/registry.js';
import type { Outcome } from '../registry/write/outcome.js';
import type { Answer } from './command.js';
import { Flags } from './oclif.js';

export const writeFlags = {
  'dry-run': Flags.boolean({ description: 'show the events without writing them' }),
  reason: Flags.string({ description: 'why, for readers of the log' }),
  branch: Flags.string({ description: 'commit to this branch of the registry, without a checkout' }),
  pr: Flags.boolean({
    description: 'open a pull request, or update the open one, also where the policy demands none',
  }),
  draft: Flags.boolean({ description: 'open the pull request as a draft' }),
  wait: Flags.boolean({ description: 'wait until the pull request is merged; fail if it is closed' }),
  docs: Flags.boolean({ description: 'update service.json and README', default: true, allowNo: true }),
};

export const CHOOSES_PORT = 'NAME, NUMBER or NAME=NUMBER; append /udp for UDP';

/** `--ttl 2h` in milliseconds. Throws BAD_TIME. */
export function ttlOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ttl = parseDuration(text);
  if (ttl !== undefined) return ttl;
  throw new VportsError('BAD_TIME', `${JSON.stringify(text.slice(0, 80))} is not a duration`, {
    hint: 'write 30m, 2h or 7d',
    details: { ttl: text.slice(0, 80) },
  });
}

export function writeAnswer(
  registry: Registry,
  outcome: Outcome,
  own: { text: string; json: object },
  { dryRun }: { dryRun?: boolean | undefined },
): Answer {
  const { commits, events, published, request, documents, warnings } = outcome;
  return {
    text: own.text,
    json: {
      ...own.json,
      commits,
      events,
      published,
      ...requestFacts(request),
      documents,
      warnings,
      ...(dryRun && { dryRun, preview: outcome.written }),
    },
    notes: dryRun ? previewOf(outcome) : notesOf(registry, outcome),
    warnings,
  };
}

export function requestFacts(request: Outcome['request']): object {
  if (!request) return {};
  const { number, url, state, reviewers } = request;
  return { request: { number, url, state, reviewers } };
}

const SHARING_NOTE =
  'note: this registry is for this machine only; to share one with a team, run `vports init DIR` and put {"registry": "DIR"} into .vports.json';

function notesOf(registry: Registry, outcome: Outcome): string[] {
  const { made, commits, events, written, published, introduced, pullRequest, request } = outcome;
  const registered = registry.place.from === 'embedded' ? "this machine's registry" : 'the registry';
  return [
    ...(made ? [`created the embedded registry of this machine at ${made}`] : []),
    ...commits.map(({ log, ref, oid }) => {
      const own = events.length > 1 ? [`${events.length} events`] : events;
      const what = [...own, ...(log === 'registry' ? outcome.files : [])].join(' and ');
      const place =
        log === 'host'
          ? `this machine's log as ${oid.slice(0, 10)}`
          : `${registered} as ${oid.slice(0, 10)} on ${branchName(ref)}`;
      return `committed ${what} to ${place}`;
    }),
    ...namesOnRecord(written),
    ...(registry.remote && published === 'pushed' && commits.some(({ log }) => log === 'registry')
      ? [`pushed to ${registry.remote}`]
      : []),
    ...(introduced
      ? [`first push to this remote from here; you appear there as ${introduced.name} <${introduced.email}>`]
      : []),
    ...outcome.said.map((line) => `remote: ${line}`),
    ...(request ? proposalInWords(request) : []),
    ...(pullRequest && !request && !outcome.warnings.some(({ code }) => code === 'NO_PULL_REQUESTS')
      ? [`open a pull request: ${pullRequest}`]
      : []),
    ...outcome.documents.map((path) => `updated ${path}`),
    ...leasesReplaced(written),
    ...envFilesBehind(written),
    ...(made && workTreeOf(process.cwd()) ? [SHARING_NOTE] : []),
  ];
}

/** A claim takes the place of a lease of the same name, on whose port a server may be running. */
function leasesReplaced(written: Outcome['written']): string[] {
  const isGrantOf = (released: LocatedEvent) => (it: LocatedEvent) =>
    isGrant(it) && it.resource === released.resource && it.name === released.name;
  return written
    .filter((it) => it.type === 'port.released' && it.to === undefined && written.some(isGrantOf(it)))
    .map((it) => `note: ${formatPort(it)}, leased until now, is free again: restart what listens there`);
}

function envFilesBehind(written: Outcome['written']): string[] {
  const grants = written.filter(isGrant);
  const gone = written.flatMap((it) =>
    it.type === 'port.released' && !grants.some(({ port }) => port === it.port) ? [it.port] : [],
  );
  const added = grants.map(({ resource, local = resource, name }) => ({
    variable: environmentName(local, name),
    prefix: environmentName(local, MAIN).replace(/PORT$/, ''),
  }));
  return staleBlocks(process.cwd(), { gone, added }).map(
    (file) =>
      `note: ${file} has other ports than the registry now: \`vports env --write ${shellWord(file)}\``,
  );
}

type Grant = Extract<LocatedEvent, { type: 'port.allocated' | 'port.registered' }>;

function isGrant(event: LocatedEvent): event is Grant {
  return event.type === 'port.allocated' || event.type === 'port.registered';
}

function namesOnRecord(written: Outcome['written']): string[] {
  const other = written.flatMap((it) =>
    'local' in it && it.local !== undefined && it.type !== 'port.described'
      ? [`${it.local} is registered as ${it.resource}: another project has a ${it.local}`]
      : [],
  );
  const over = written.flatMap((it) =>
    it.type === 'port.described' && it.project !== undefined
      ? [`${it.resource} (${formatPort(it)}) now belongs to the project ${it.project}`]
      : [],
  );
  return [...new Set([...other, ...over])];
}

function previewOf({ written, files }: Outcome): string[] {
  const changed = files.length > 0 ? `${files.join(', ')} would change` : '';
  if (written.length === 0) return [`dry run: no port events${changed && `; ${changed}`}`];
  return [
    ...written.flatMap(({ path, ...event }) => [
      `dry run: would write ${path}`,
      ...JSON.stringify(event, null, 2).split('\n'),
    ]),
    ...(changed ? [`dry run: ${changed}`] : []),
  ];
}
