import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { streamOfFolder, streamPath } from '../../../events/event-path.js';
import { labelOf } from '../../../events/names.js';
import { formatPort, refOf } from '../../../events/port.js';
import type { Holding } from '../../../events/stream.js';
import { errno, VportsError } from '../../errors.js';
import { shellWord } from '../../files/shell-word.js';
import { type Finding, note, problem, warning } from '../../findings.js';
import { diagnoseHost } from '../../host/diagnose.js';
import { hostEvidence } from '../../host/evidence.js';
import { author } from '../../log/append/index.js';
import { configFor } from '../../log/create/index.js';
import { openRepository, type Repository } from '../../log/git/index.js';
import {
  Audit,
  damageInWords,
  diagnoseRepository,
  fixedAttributes,
  leftLock,
  removeStaleFiles,
} from '../../log/inspect/index.js';
import { WriterLock } from '../../log/lock/index.js';
import {
  findObjectDamage,
  findOlderRefs,
  findRefDamage,
  findSetUpDamage,
  mendObjects,
  mendRefs,
  mendSetUp,
} from '../../log/mend/index.js';
import { defaultPolicySource } from '../../policy/default-policy.js';
import { NODE_PORTS } from '../../policy/hazards.js';
import { parsePolicy } from '../../policy/policy-file.js';
import { POLICY_PATH } from '../../policy/policy-path.js';
import { allocateAgain } from '../decide/reallocate.js';
import { damageOf, type View } from '../decide/view.js';
import { findRegistry, hostLogPath, type Place } from '../locate/locate-registry.js';
import { otherRegistries } from '../locate/other-registries.js';
import { loadView } from '../state/load-view.js';
import { Logs } from '../state/logs.js';
import { type Restoration, restorationOf, verify } from '../verify/index.js';
import { bringOwners, ownersThatDiffer } from '../write/code-owners.js';
import { giveId, missingId } from '../write/registry-id.js';
import { write, writeFiles } from '../write/write.js';

export interface Diagnosis {
  findings: (Finding & { fixed: boolean })[];
}

/** Whether one commit can repair it. */
const MENDED_IN_THE_LOG = new Set<string>([
  'STREAM_DAMAGED',
  'PATH_MISMATCH',
  'BAD_EVENT',
  'NOT_A_FILE',
  'NOT_CANONICAL',
  'VERSION_GAP',
  'PREV_MISMATCH',
]);

const LEVELS = ['problem', 'warning', 'note'];

/**
 * Looks at the registry's set-up, at what killed processes left, at identity, caches and this host. With `fix`, removes
 * what is provably nobody's. Never throws for what is wrong with the registry: that is a finding.
 */
export async function diagnose(
  { path, cwd }: { path?: string | undefined; cwd: string },
  { fix = false }: { fix?: boolean | undefined } = {},
): Promise<Diagnosis> {
  const before = await look(path, cwd);
  if (!fix || !before.some(({ fixable }) => fixable)) {
    return { findings: before.map((it) => ({ ...it, fixed: false })) };
  }
  const codes = new Set(before.filter(({ fixable }) => fixable).map(({ code }) => code));
  const refused = await mend(path, cwd, codes);
  const after = new Set((await look(path, cwd)).map(keyOf));
  const findings = before.map((it) => ({ ...it, fixed: it.fixable && !after.has(keyOf(it)) }));
  return { findings: [...findings, ...refused.map((it) => ({ ...it, fixed: false }))] };
}

async function look(path: string | undefined, cwd: string): Promise<Finding[]> {
  const found: Finding[] = [];
  const attempt = async <T>(work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      found.push(asProblem(error));
      return undefined;
    }
  };
  const place = await attempt(() => findRegistry(path, cwd));
  const logs = place && new Logs(place);
  for (const folder of new Set([place?.path, hostLogPath()])) {
    if (folder === undefined || !existsSync(folder)) continue;
    found.push(...setUpDamage(folder));
    const repository = await attempt(() => openRepository(folder));
    if (!repository) continue;
    found.push(...((await attempt(() => logDamage(repository))) ?? []));
    found.push(...((await attempt(() => diagnoseRepository(repository))) ?? []));
  }
  for (const what of ['granting', 'documents']) {
    found.push(...((await attempt(() => leftLock(join(dirname(hostLogPath()), what)))) ?? []));
  }
  // Opening the log would complete unfinished writes; a look must not.
  const halfDone = found.some(({ code }) => code === 'UNFINISHED_WRITE');
  const view = halfDone ? undefined : logs && (await attempt(() => loadView(logs)));
  if (logs && view) {
    if (view.policyFault !== undefined)
      found.push(
        problem(
          'BAD_POLICY',
          view.policyFault,
          'restore the last readable policy with `vports doctor --fix`',
          true,
        ),
      );
    found.push(...((await attempt(() => damagedStreams(logs, view))) ?? []));
    found.push(...((await attempt(() => brokenRules(logs, view))) ?? []));
    found.push(...ofNoProject(view));
    if (logs.embedded) found.push(embedded(existsSync(logs.place.path)));
    found.push(...((await attempt(() => identity(logs))) ?? []));
    found.push(...((await attempt(() => missingId(logs, view))) ?? []));
    found.push(...((await attempt(() => ownersThatDiffer(logs, view))) ?? []));
  }
  found.push(...othersKnown(place?.path));
  const policy = view?.policy ?? parsePolicy(defaultPolicySource());
  found.push(...diagnoseHost(policy, await hostEvidence([{ protocol: 'tcp', port: NODE_PORTS.from }])));
  await logs?.close();
  // Objects are reported with what refers to them.
  const named = found.filter(({ message }) => message.includes(' object ') || message.includes(': missing '));
  const isSaid = ({ code, message }: Finding) => {
    const [oid] =
      code === 'LOG_DAMAGED' && message.startsWith('object ') ? (/[0-9a-f]{40}/.exec(message) ?? []) : [];
    return oid !== undefined && named.some((it) => it.message !== message && it.message.includes(oid));
  };
  const once = new Map<string, Finding>();
  for (const it of found) if (!isSaid(it) && !once.has(keyOf(it))) once.set(keyOf(it), it);
  return [...once.values()].sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}

/** HEAD and config make a folder a repository. */
function setUpDamage(folder: string): Finding[] {
  const inside = join(folder, '.git');
  const gitdir = existsSync(inside) ? inside : folder;
  return findSetUpDamage(gitdir).map((name) =>
    problem(
      'LOG_DAMAGED',
      `${join(gitdir, name)} is missing or empty`,
      '`vports doctor --fix` recreates it and keeps the damaged file under another name',
      true,
    ),
  );
}

async function logDamage(repository: Repository): Promise<Finding[]> {
  const refs = (await findRefDamage(repository)).map(({ ref, path, oid }) =>
    problem(
      'LOG_DAMAGED',
      `${path} is not a valid ref`,
      oid === undefined && ref.startsWith('refs/heads/')
        ? 'its old value is unknown: write the id of a commit from a clone or backup into it'
        : '`vports doctor --fix` restores it from the reflog, the remote or a copy',
      oid !== undefined || !ref.startsWith('refs/heads/'),
    ),
  );
  const objects = ((await findObjectDamage(repository))?.objects ?? [])
    .slice(0, SHOWN)
    .map((it) =>
      problem(
        'LOG_DAMAGED',
        `${repository.commondir}: ${damageInWords(it)}`,
        `\`vports doctor --fix\` searches packs, checked-out files and the remote; in a backup or clone it is objects/${it.oid.slice(0, 2)}/${it.oid.slice(2)} or in a pack`,
        true,
      ),
    );
  const older = (await findOlderRefs(repository)).map(({ ref, at, was }) =>
    warning(
      'LOG_DAMAGED',
      `${ref} of ${repository.commondir} is at ${at.slice(0, 10)}, but its reflog continues to ${was.slice(0, 10)}`,
      `\`git --git-dir=${shellWord(repository.commondir)} update-ref ${ref} ${was} ${at}\` moves it there`,
    ),
  );
  return [...refs, ...older, ...objects];
}

const SHOWN = 20;

/** Explains why ports of other registries are skipped. */
function ofNoProject({ registry }: View): Finding[] {
  if (!registry.haveProjects) return [];
  const count = [...registry].filter(({ project, lease }) => project === undefined && !lease).length;
  if (count === 0) return [];
  const message = `${count} ${count === 1 ? 'claim belongs' : 'claims belong'} to no project; any project can use ${count === 1 ? 'its name' : 'their names'}`;
  return [note('NO_PROJECT', message, 'assign them with `vports describe NAME --to-project ID`')];
}

function othersKnown(path: string | undefined): Finding[] {
  const names = otherRegistries()
    .filter((it) => path === undefined || !existsSync(path) || it.path !== realpathSync(path))
    .map(({ name }) => name);
  if (names.length === 0) return [];
  const message = `ports held in your other registries are allocated last: ${names.join(', ')}`;
  return [note('OTHER_REGISTRIES', message, 'forget one with `vports trust --remove REGISTRY`')];
}

/** Under the writer's lock, after completing unfinished writes. */
async function mend(path: string | undefined, cwd: string, codes: Set<string>): Promise<Finding[]> {
  const logs = new Logs(findRegistry(path, cwd));
  try {
    for (const what of ['granting', 'documents'] as const) {
      if (existsSync(join(dirname(hostLogPath()), what))) await logs.alone(what, async () => undefined);
    }
    const repositories = new Set([logs.place.path, hostLogPath()].filter((it) => existsSync(it)));
    if (codes.has('LOG_DAMAGED')) for (const folder of repositories) await mendLog(folder, logs.place);
    for (const folder of repositories) {
      const log = await (folder === logs.place.path ? logs.registry() : logs.host());
      // Throws for a repository without a policy, which is not a registry.
      await log.reader.state();
      await log.writer.exclusively(async () => removeStaleFiles(openRepository(folder)));
    }
    if (codes.has('BAD_POLICY')) await mendPolicy(logs);
    if (codes.has('NO_GITATTRIBUTES')) await mendAttributes(logs);
    if (codes.has('NO_REGISTRY_ID')) await giveId(logs);
    if (codes.has('OWNERS_DIFFER')) await bringOwners(logs);
    return [...codes].some((it) => MENDED_IN_THE_LOG.has(it)) ? await restoreStreams(logs) : [];
  } catch (error) {
    return [asProblem(error)];
  } finally {
    await logs.close();
  }
}

/** Repairs what reading the log needs, under the writer's lock. */
async function mendLog(folder: string, { path, remote }: Place): Promise<void> {
  const inside = join(folder, '.git');
  const gitdir = existsSync(inside) ? inside : folder;
  const bare = remote !== undefined && folder === path ? configFor(remote) : BARE;
  mendSetUp(realpathSync(gitdir), gitdir === inside ? '[core]\n\trepositoryformatversion = 0\n' : bare);
  const repository = openRepository(folder);
  const lock = await WriterLock.acquire(join(repository.commondir, 'vports'), 30_000);
  try {
    await mendRefs(repository);
    await mendObjects(repository);
  } finally {
    lock.release();
  }
}

const BARE = '[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tlogAllRefUpdates = true\n';

async function damagedStreams(logs: Logs, view: View): Promise<Finding[]> {
  if (view.damaged.size === 0) return [];
  const { streams } = await restorationNow(logs);
  return [...view.damaged].map(([key, damage]) => {
    const { message, hint } = damageOf(key, damage);
    const canBe = streams.has(streamPath(refOf(key)));
    const way = canBe
      ? '`vports doctor --fix` restores the first version and removes files that never were events'
      : `${hint}; the first version is damaged too`;
    return problem('STREAM_DAMAGED', message, way, canBe);
  });
}

/** Other findings of `verify`. */
async function brokenRules(logs: Logs, view: View): Promise<Finding[]> {
  if (!existsSync(logs.place.path)) return [];
  const { problems } = await verify(openRepository(logs.place.path), { leases: logs.embedded });
  const reported = new Set([...view.damaged.keys()].map((key) => streamPath(refOf(key))));
  const others = problems.filter(
    ({ code, path }) =>
      !reported.has(streamOfFolder(path)?.folder ?? '') &&
      !(code === 'BAD_POLICY' && view.policyFault !== undefined),
  );
  if (others.length === 0) return [];
  const { strays } = await restorationNow(logs);
  return others.map(({ code, path, message }) => {
    const goes = strays.includes(path);
    const way = goes ? '`vports doctor --fix` removes it; it never was an event' : 'see `vports verify`';
    return problem(code, `${path}: ${message}`, way, goes);
  });
}

/** Only for the registry; nobody else changes the host log. */
async function restorationNow(logs: Logs): Promise<Restoration> {
  const none = { files: new Map(), strays: [], streams: new Set<string>(), lost: [] };
  if (!existsSync(logs.place.path)) return none;
  return Audit.of(openRepository(logs.place.path), async (audit) =>
    restorationOf(audit, await audit.commit()),
  );
}

/** Restores the files in one commit; a second claim in one file gets another port. */
async function restoreStreams(logs: Logs): Promise<Finding[]> {
  let lost: Holding[] = [];
  await writeFiles(logs, 'restore events as first added', async () => {
    const restoration = await restorationNow(logs);
    lost = restoration.lost;
    return [
      ...[...restoration.files].map(([path, content]) => ({ path, content, restores: true })),
      ...restoration.strays.map((path) => ({ path, content: null, restores: true })),
    ];
  });
  const moved: Finding[] = [];
  for (const it of lost) {
    const { answer } = await write(logs, { decide: (view) => allocateAgain(view, it), literal: true });
    const now = answer.map((granted) => formatPort(granted)).join(', ');
    moved.push(
      note('CONFLICT', `${labelOf(it)} now has ${now}: one file held two claims of ${formatPort(it)}`),
    );
  }
  return moved;
}

async function mendPolicy(logs: Logs): Promise<void> {
  const content = await (await logs.registry()).reader.policySource();
  await writeFiles(logs, 'restore the last readable policy', async () => [{ path: POLICY_PATH, content }]);
}

async function mendAttributes(logs: Logs): Promise<void> {
  const path = '.gitattributes';
  await writeFiles(logs, 'keep git from merging two events into one', async () => {
    const textNow = async (audit: Audit) => (await audit.text(await audit.commit(), path)) ?? '';
    const before = await Audit.of(openRepository(logs.place.path), textNow);
    const content = fixedAttributes(before);
    return content === before ? [] : [{ path, content }];
  });
}

/** Rethrows bugs. */
function asProblem(error: unknown): Finding {
  if (error instanceof VportsError) return problem(error.code, error.message, error.hint ?? '');
  const code = errno(error);
  if (code === undefined) throw error;
  return problem('UNREADABLE', (error as Error).message, `check its permissions and type (${code})`);
}

function embedded(exists: boolean): Finding {
  return note(
    'EMBEDDED',
    `using the registry of this machine, ${hostLogPath()}${exists ? '' : ' (the first allocation creates it)'}`,
    'to share one with a team, run `vports init DIR` and put {"registry": "DIR"} into .vports.json',
  );
}

async function identity(logs: Logs): Promise<Finding[]> {
  const { fromSystem, person } = await author(logs.gitdir(), { shared: false });
  if (!fromSystem) return [];
  const hint = 'git config --global user.name "Your Name" && git config --global user.email you@example.com';
  return [
    logs.shared
      ? problem(
          'NO_IDENTITY',
          'git has no name and email for you, and a shared registry records who did what',
          hint,
        )
      : warning(
          'SYSTEM_IDENTITY',
          `git has no name and email for you; events are written as ${person.name} <${person.email}>`,
          hint,
        ),
  ];
}

/** Findings about one damaged object are the same finding. */
function keyOf({ code, message }: Finding): string {
  const [oid] = code === 'LOG_DAMAGED' ? (/[0-9a-f]{40}/.exec(message) ?? []) : [];
  return `${code} ${oid ?? message}`;
}
