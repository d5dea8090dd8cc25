import { EVENTS } from '../../../events/event-path.js';
import type { Origin } from '../event-log.js';
import type { Objects } from '../git/objects.js';
import { eachRecord } from '../git/program/bulk-read.js';
import { hasGit } from '../git/program/git-program.js';
import type { Repository } from '../git/repository.js';
import { CommitGraph } from './commit-graph.js';
import { numberAt } from './event-number.js';
import { ADDED, originsByWalk } from './provenance.js';

export interface Origins {
  of(number: number): Origin | undefined;
}

export async function everyOrigin(repository: Repository, objects: Objects, head: string): Promise<Origins> {
  const known = hasGit() ? await byGit(repository, head) : undefined;
  if (known) return known;
  const found = await originsByWalk(repository, objects, head);
  const byNumber = new Map([...found].map(([path, origin]) => [numberAt(path), origin]));
  return { of: (number) => byNumber.get(number) };
}

async function byGit({ prefix, commondir }: Repository, head: string): Promise<Origins | undefined> {
  const graph = new CommitGraph();
  const added = new Map<number, number>();
  const place = `${prefix}${EVENTS}`;
  // Commits without events are needed for their parents.
  const command = ['log', '-z', '--format=%x01%H %P', '--full-history', '--sparse', ...ADDED, head];
  const whole = await eachRecord(commondir, ['--literal-pathspecs', ...command, '--', place], (record) => {
    // An empty line separates a commit from its files.
    const token = record.replace(/^\n+/, '');
    if (token.startsWith('\x01')) {
      const [name = '', ...parents] = copied(token.slice(1).trimEnd()).split(' ');
      graph.add(name, parents.map(copied));
    } else {
      const number = numberAt(token.slice(prefix.length));
      if (number !== undefined) added.set(number, graph.names.length - 1);
    }
  });
  if (!whole) return undefined;
  const arrivals = graph.arrivals();
  return {
    of: (number) => {
      const commit = added.get(number);
      if (commit === undefined) return undefined;
      const via = arrivals.get(commit);
      return { commit: graph.names[commit]!, ...(via !== undefined && { via: graph.names[via]! }) };
    },
  };
}

/** V8 keeps a whole text alive for a part cut from it. */
function copied(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
