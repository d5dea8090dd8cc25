import { refusedVariables, variableFor, wrongNumbers } from '../../documents/plan-documents.js';
import type { ResourceFolder } from '../../documents/resource-folder.js';
import type { Warning } from '../../errors.js';
import { branchName } from '../../log/git/index.js';
import { pullRequestUrl } from '../../log/remote/index.js';
import { reported } from '../../system-error.js';
import type { Granted } from '../decide/allocate.js';
import { claimsOf } from '../decide/view.js';
import type { Proposed } from '../requests/index.js';
import type { Logs } from '../state/logs.js';
import { hazardsHere } from '../state/port-on-host.js';
import { lensNow } from '../state/views.js';
import { movesIn } from '../update-documents/documents-in-commit.js';
import { addTo, type Brought, changedIn, writeDocuments } from '../update-documents/write-documents.js';
import { proposePushed } from './pull-requests.js';
import type { Commit, Written } from './write.js';

export interface Common {
  reason?: string | undefined;
  dryRun?: boolean | undefined;
  /** Update service.json and README. Default: true. */
  docs?: boolean | undefined;
  dir?: string | undefined;
}

export interface Outcome extends Omit<Written<unknown>, 'logs' | 'answer' | 'left'> {
  /** Page of the request of the pushed branch, or the one to open it on. */
  pullRequest: string | undefined;
  /** The request that was opened, or updated, for it. */
  request?: Proposed['request'];
}

export interface GrantedPort extends Omit<Granted, 'name'> {
  env: string;
}

export interface Grants extends Outcome {
  resource: string;
  ports: Map<string, GrantedPort>;
}

/** `released`: names to remove from service.json. */
export interface About {
  resource: string;
  folder: ResourceFolder | undefined;
  released?: string[] | undefined;
}

export async function outcomeOf(
  { logs, answer: _, left, ...outcome }: Written<unknown>,
  options: Common,
  about: About[] = [],
): Promise<Outcome> {
  const { commits, written, documents, warnings } = outcome;
  const wanted = about.filter(({ folder }) => folder !== undefined);
  const none: Brought = { documents: [], warnings: [] };
  const brought =
    wanted.length === 0 || options.docs === false || options.dryRun
      ? none
      : await afterwards(
          commits,
          () => follow(logs, wanted, { written, left }),
          (warning) => ({ ...none, warnings: [warning] }),
        );
  const proposed = await proposedFor(logs, outcome);
  return {
    ...outcome,
    ...proposed,
    documents: [...documents, ...changedIn(brought)],
    warnings: [...warnings, ...brought.warnings, ...proposed.warnings],
  };
}

function follow(
  logs: Logs,
  wanted: About[],
  { written, left }: Pick<Written<unknown>, 'written' | 'left'>,
): Promise<Brought> {
  return logs.alone('documents', async () => {
    const all: Brought = { documents: [], warnings: [] };
    const lens = await lensNow(logs);
    const { view } = lens;
    const events = written.map((event) => ({ ...event, resource: lens.said(event) }));
    const addReadme = view.policy.documents.readme !== 'never';
    for (const { resource, folder, released = [] } of wanted) {
      const claims = claimsOf(view, resource);
      if (claims.length === 0 && released.length === 0) continue;
      const gone = released.filter((name) => !claims.some((claim) => claim.name === name));
      const facts = { resource, claims, released: gone, moved: movesIn(events, resource), addReadme };
      addTo(all, await writeDocuments(folder!, facts, { write: true, except: left }));
    }
    return all;
  });
}

/** After the commit, failures are only warnings. */
async function afterwards<T>(
  commits: Commit[],
  work: () => Promise<T>,
  otherwise: (warning: Warning) => T,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (commits.length === 0) throw error;
    const why = reported(error);
    return otherwise(why.asWarning(`the change was written, but: ${why.message}`));
  }
}

async function proposedFor(
  logs: Logs,
  { commits, published, said }: Pick<Written<unknown>, 'commits' | 'published' | 'said'>,
): Promise<Pick<Outcome, 'request' | 'pullRequest' | 'warnings'>> {
  const remote = logs.remote();
  const commit = commits.find(({ log }) => log === 'registry');
  if (published !== 'pushed' || !remote || !commit || commit.ref === remote.shared)
    return { pullRequest: undefined, warnings: [] };
  const page = pullRequestUrl(remote.url, branchName(commit.ref));
  const { request, warnings } = await proposePushed(logs, commit.ref, said);
  return { request, pullRequest: request?.url || page, warnings };
}

export async function grantsOf(
  resource: string,
  folder: ResourceFolder | undefined,
  written: Written<Granted[]>,
  options: Common,
): Promise<Grants> {
  const ports = new Map(
    written.answer.map(({ name, ...granted }) => [
      name,
      { ...granted, env: variableFor(folder, resource, name) },
    ]),
  );
  const outcome = await outcomeOf(written, options, [{ resource, folder }]);
  const refused = refusedVariables(folder, resource, [...ports.keys()]);
  const wrong = wrongNumbers(folder, ports);
  const hazards = await afterwards(
    written.commits,
    () => hazardsHere(written.answer.filter((it) => it.created)),
    (warning) => [warning],
  );
  const warnings = [...outcome.warnings, ...refused, ...wrong, ...hazards];
  return { resource, ports, ...outcome, warnings };
}
