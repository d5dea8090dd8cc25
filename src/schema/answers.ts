import * as z from 'zod/mini';
import { PROBLEM_CODES } from '../codes.js';
import {
  change,
  check,
  claim,
  count,
  documentProblem,
  eventWithOrigin,
  finding,
  followedRequest,
  granted,
  held,
  lease,
  listener,
  locatedEvent,
  log,
  maybeText,
  maybeWhen,
  outcome,
  port,
  problem,
  protocol,
  published,
  signature,
  text,
  theirs,
  warnings,
  when,
} from './parts.js';

const ref = { port, protocol };
const named = { ...ref, resource: text, name: text };
const withWarnings = <Shape extends z.core.$ZodShape>(shape: Shape) => z.strictObject({ ...shape, warnings });
/** `policy.json`, described by its own schema. */
const policy = z.record(text, z.unknown());

const grants = z.strictObject({ resource: text, ports: z.record(text, granted), ...outcome });
const released = z.strictObject({ released: z.array(z.strictObject(named)), ...outcome });
const checked = z.union([
  check,
  withWarnings({ ports: z.array(check) }),
  withWarnings({ resource: text, ports: z.record(text, check) }),
]);
const { resource: _, name: __, ...heldFacts } = held.shape;
const shown = withWarnings({
  resource: text,
  ports: z.record(text, z.strictObject({ ...heldFacts, env: text, commit: maybeText })),
});
const changes = z.array(change);
const claims = z.array(z.strictObject({ ...ref, ...claim.shape }));
const cleaned = z.array(z.strictObject({ ...named, why: z.enum(['expired', 'owner-gone', 'folder-gone']) }));
const cleanup = z.strictObject({ released: cleaned, kept: cleaned, ...outcome });
const drift = z.array(
  z.strictObject({
    kind: text,
    resource: maybeText,
    name: maybeText,
    port: z.nullable(z.int()),
    protocol: z.nullable(protocol),
    file: maybeText,
    line: z.nullable(count),
    column: z.nullable(count),
    expected: z.nullable(z.union([z.int(), text])),
    actual: z.nullable(z.union([z.int(), text])),
    fix: text,
  }),
);
const reconcile = z.strictObject({ drift, fixed: drift, ...outcome });
const listed = z.strictObject({
  ports: z.array(held),
  claims: z.optional(claims),
  warnings,
});
const moved = z.array(z.strictObject({ resource: text, name: text, protocol, from: port, to: port }));
const policyChange = { diff: z.array(text), stranded: z.array(z.strictObject(named)) };
const changedPolicy = z.strictObject({ policy: z.nullable(policy), ...policyChange, ...outcome });
const imported = z.array(
  z.strictObject({
    file: text,
    line: count,
    column: count,
    resource: text,
    name: text,
    port: z.nullable(z.int()),
    protocol,
    range: maybeText,
    exception: maybeText,
    wish: maybeText,
    code: maybeText,
    why: maybeText,
  }),
);
const broken = z.strictObject({
  event: text,
  code: z.enum([...PROBLEM_CODES, 'INTERNAL', 'STREAM_DAMAGED']),
  message: text,
});
const tenancy = z.strictObject({
  resource: text,
  name: text,
  log,
  signature,
  from: when,
  until: maybeWhen,
  by: text,
  owner: theirs,
  reason: theirs,
  ...lease,
  commit: maybeText,
  merge: maybeText,
  pullRequest: maybeText,
  movedFrom: z.nullable(port),
  released: z.nullable(
    z.strictObject({ by: text, reason: theirs, movedTo: z.nullable(port), commit: maybeText }),
  ),
});
const status = withWarnings({
  registry: z.strictObject({ path: text, url: maybeText, from: text }),
  project: z.nullable(z.strictObject({ id: maybeText, from: text })),
  resource: maybeText,
  instance: maybeText,
  folder: text,
  ports: z.array(
    z.strictObject({
      ...named,
      variables: z.array(text),
      url: maybeText,
      log,
      ...lease,
      listeners: z.array(listener),
    }),
  ),
  claims,
  findings: z.array(finding),
});

/** The answer of each command under `--json`, by its id with spaces. Commands that run another program answer only errors. */
export const ANSWERS = {
  allocate: grants,
  check: checked,
  ci: withWarnings({ ok: z.boolean(), problems: z.array(documentProblem) }),
  cleanup,
  completion: withWarnings({ script: text }),
  describe: z.strictObject({
    described: z.array(z.strictObject({ ...named, owner: theirs, reason: theirs })),
    ...outcome,
  }),
  diff: withWarnings({
    allocated: changes,
    released: changes,
    moved: changes,
    described: changes,
    renewed: changes,
  }),
  docs: z.strictObject({
    documents: z.array(z.strictObject({ path: text, changed: z.boolean() })),
    problems: z.array(documentProblem),
    warnings,
  }),
  doctor: withWarnings({ findings: z.array(z.strictObject({ ...finding.shape, fixed: z.boolean() })) }),
  env: z.union([
    withWarnings({
      env: z.record(text, text),
      written: z.optional(text),
      changed: z.optional(z.boolean()),
    }),
    withWarnings({
      hosts: z.array(z.strictObject({ host: text, url: text, port, resource: text, name: text })),
    }),
  ]),
  get: withWarnings(ref),
  import: z.union([
    z.strictObject({
      imported,
      toAllocate: imported,
      skipped: imported,
      problems: imported,
      moved: z.optional(count),
      ...outcome,
    }),
    withWarnings({ ports: count, outside: count, policy }),
  ]),
  init: withWarnings({ path: text, created: z.boolean(), published: z.optional(z.boolean()) }),
  kill: withWarnings({ ...ref, ended: z.array(listener), letGo: z.array(listener) }),
  list: listed,
  log: withWarnings({ events: z.array(eventWithOrigin), next: maybeText }),
  map: z.union([
    withWarnings({ path: text, events: count, ports: count }),
    withWarnings({ url: text, events: count, ports: count }),
  ]),
  'policy add-range': changedPolicy,
  'policy check': withWarnings({ policy }),
  'policy edit': changedPolicy,
  'policy move-range': z.strictObject({ ...changedPolicy.shape, moved }),
  'policy remove-range': changedPolicy,
  'policy set': changedPolicy,
  'policy show': withWarnings({ policy }),
  'port check': checked,
  'port release': released,
  'port show': shown,
  'port-registry check': check,
  'port-registry cleanup-dynamic': cleanup,
  'port-registry list': listed,
  'port-registry reconcile': reconcile,
  'port-registry register': grants,
  'port-registry release': released,
  ps: withWarnings({
    running: z.array(
      z.strictObject({
        ...ref,
        resource: maybeText,
        name: maybeText,
        project: theirs,
        folder: maybeText,
        url: maybeText,
        pid: z.nullable(z.int()),
        process: maybeText,
        user: maybeText,
        container: maybeText,
        since: maybeWhen,
      }),
    ),
  }),
  ranges: withWarnings({
    ranges: z.array(
      z.strictObject({
        id: text,
        title: text,
        group: text,
        from: port,
        to: port,
        size: count,
        allocated: count,
        free: count,
        dynamic: z.boolean(),
        reserved: z.boolean(),
        owner: z.optional(theirs),
      }),
    ),
  }),
  reassign: z.strictObject({ moved, ...outcome }),
  reconcile,
  register: grants,
  release: released,
  renew: z.strictObject({
    renewed: z.array(z.strictObject({ ...named, expires: when, ...lease })),
    ...outcome,
  }),
  replay: withWarnings({
    events: z.array(eventWithOrigin),
    state: z.strictObject({ ports: z.array(held) }),
    broken: z.nullable(broken),
  }),
  resolve: z.strictObject({
    moved,
    dropped: z.array(z.strictObject({ path: text, type: text, resource: text })),
    others: z.array(text),
    documents: z.array(text),
    commit: maybeText,
    kept: z.optional(text),
    published,
    request: outcome.request,
    warnings,
    dryRun: z.optional(z.literal(true)),
  }),
  review: z.strictObject({
    ok: z.boolean(),
    changes,
    ranges: z.array(
      z.strictObject({
        id: text,
        size: count,
        before: count,
        after: count,
        from: port,
        to: port,
        strip: text,
        owner: z.optional(theirs),
      }),
    ),
    policy: z.array(text),
    notes: z.array(text),
    problems: z.array(problem),
    warnings,
  }),
  show: shown,
  status,
  stats: withWarnings({
    ranges: z.array(
      z.strictObject({
        id: text,
        size: count,
        held: count,
        free: count,
        history: z.array(z.strictObject({ at: when, held: count })),
      }),
    ),
    owners: z.array(z.strictObject({ owner: theirs, ports: count, resources: count })),
    unused: z.array(z.strictObject({ ...held.shape, lastHeard: maybeWhen })),
  }),
  sync: z.strictObject({
    pulled: z.array(locatedEvent),
    pushed: z.array(text),
    deleted: z.array(text),
    said: z.array(text),
    stuck: z.array(z.strictObject({ branch: text, code: text })),
    requests: z.array(z.extend(followedRequest, { branch: text })),
    claims,
    warnings,
  }),
  trust: withWarnings({ trusted: z.array(text) }),
  undo: z.strictObject({
    undone: z.array(locatedEvent),
    policy: z.optional(z.strictObject(policyChange)),
    ...outcome,
  }),
  url: withWarnings({ url: text, port, listening: z.boolean() }),
  verify: z.strictObject({
    ok: z.boolean(),
    checked: z.strictObject({ events: count, streams: count, commits: count }),
    problems: z.array(problem),
    warnings,
  }),
  who: z.strictObject({
    ...ref,
    reserved: z.boolean(),
    holder: z.nullable(held),
    other: z.nullable(held),
    claim: z.nullable(claim),
    holders: z.array(tenancy),
    history: z.array(eventWithOrigin),
    listeners: z.array(listener),
    warnings,
  }),
} as const satisfies Record<string, z.ZodMiniType>;
