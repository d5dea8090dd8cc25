import type { EventReader } from '../event-log.js';

/** The state includes what is queued; the history only what is published. */
export function withPastOf(published: EventReader, queue: EventReader): EventReader {
  return {
    state: () => queue.state(),
    policySource: () => queue.policySource(),
    events: (refs, revision) => queue.events(refs, revision),
    claims: () => queue.claims(),
    blocks: () => published.blocks(),
    judge: () => published.judge(),
    judgeAtFirst: () => published.judgeAtFirst(),
    judgeStreams: (refs) => published.judgeStreams(refs),
    stateAt: (revision) => published.stateAt(revision),
    history: () => published.history(),
    originsOf: (events, revision) => published.originsOf(events, revision),
    addedBy: (commit) => published.addedBy(commit),
    commit: (oid) => published.commit(oid),
    messages: (commits) => published.messages(commits),
  };
}
