import type { PortEvent } from '../../../events/event.js';
import { pathOf } from '../../../events/event-path.js';
import { grouped } from '../../grouped.js';
import type { Audit } from '../../log/inspect/index.js';
import {
  type AllowedSigner,
  type Command,
  commandsIn,
  parseAllowedSigners,
  verifyCommand,
} from '../../log/signatures/index.js';
import type { Verdict } from '../../log/verdict.js';
import type { CheckedLog, Problem } from '../../review/rules.js';
import type { Added, Findings } from './findings.js';

interface Asked {
  /** The id that signatures are made for. */
  registry: string | undefined;
  /** The policy requires a signature on every event. */
  required: boolean;
  /** Every event or its commit must be signed. */
  signed: boolean;
}

/** New events of a branch, checked against allowed_signers of the base. */
export async function lookAtSignatures(
  audit: Audit,
  { from, log, added, commits }: Pick<Added, 'from' | 'log' | 'added' | 'commits'>,
  asked: Asked,
  found: Findings,
): Promise<void> {
  const text = await audit.text(from, 'allowed_signers');
  const signers = signersIn(text ?? '', found);
  const commitsOf = async () => commits;
  await lookAtCommands(audit, { log, paths: added, signersOf: () => signers, commitsOf }, asked, found);
  if (text === undefined && (asked.required || asked.signed))
    found.problems.push({
      code: 'NOT_SIGNED',
      path: 'allowed_signers',
      message: 'the base has no allowed_signers: nobody may sign',
    });
}

/** All events, each checked against allowed_signers at the time it reached the shared branch. */
export async function lookAtAllSignatures(
  audit: Audit,
  {
    at,
    log,
    signers,
  }: Pick<Added, 'at' | 'log'> & { signers: Awaited<ReturnType<Audit['signersOfEvents']>> },
  registry: string | undefined,
  found: Findings,
): Promise<void> {
  const known = new Map<string | undefined, AllowedSigner[]>([[undefined, []]]);
  for (const oid of new Set(signers.values()))
    if (oid !== undefined) known.set(oid, signersIn(await audit.blob(oid), found));
  const signersOf = (event: PortEvent) => known.get(signers.get(pathOf(event))) ?? [];
  const commitsOf = (paths: string[]) => audit.commitsOf(at, paths);
  const looked = { log, paths: [...log.events.keys()], signersOf, commitsOf };
  await lookAtCommands(audit, looked, { registry, required: false, signed: true }, found);
}

interface Looked {
  log: CheckedLog;
  paths: string[];
  signersOf: (event: PortEvent) => AllowedSigner[];
  commitsOf: (paths: string[]) => Promise<ReadonlyMap<string, string>>;
}

async function lookAtCommands(
  audit: Audit,
  { log, paths, signersOf, commitsOf }: Looked,
  asked: Asked,
  found: Findings,
): Promise<void> {
  const commands = commandsIn(log.events);
  const wanted = new Set(
    paths.flatMap((path) => log.events.get(path) ?? []).map(({ id, batch }) => batch ?? id),
  );
  const unsigned: PortEvent[] = [];
  for (const key of wanted) {
    const command = commands.get(key);
    if (!command) {
      // Half a command is refused as such, whatever the signatures.
      if (asked.required || asked.signed)
        found.problems.push({
          code: 'NOT_SIGNED',
          path: '.',
          message: `the command ${key} lacks its first event`,
        });
      continue;
    }
    const path = pathOf(command.first.event);
    const verdict = verifyCommand(asked.registry, command, signersOf(command.first.event));
    const wrong = wrongWith(verdict, asked);
    if (verdict.is === 'unsigned' && asked.signed && !asked.required) unsigned.push(...filesOf(command));
    else if (wrong?.is === 'problem') found.problems.push({ code: wrong.code, path, message: wrong.text });
    else if (wrong) found.warnings.push({ code: wrong.code, message: `${path}: ${wrong.text}` });
  }
  const commits = unsigned.length === 0 ? new Map<string, string>() : await commitsOf(unsigned.map(pathOf));
  const byCommit = grouped(unsigned, (event) => commits.get(pathOf(event)) ?? '');
  for (const it of byCommit.get('') ?? [])
    found.problems.push({ code: 'NOT_SIGNED', path: pathOf(it), message: 'it is not signed' });
  byCommit.delete('');
  for (const [commit, events] of byCommit) {
    const { author } = await audit.about(commit);
    const emails = [author.email, ...events.map(({ by }) => by.email)];
    const verdict = await audit.signatureOf(commit, signersOf(events[0]!), emails);
    if (verdict.is !== 'signed') found.problems.push(commitProblem(commit, verdict));
  }
}

type Wrong = { is: 'problem' | 'warning'; code: 'NOT_SIGNED' | 'BAD_SIGNATURE'; text: string };

function wrongWith(verdict: Verdict, { required, signed }: Asked): Wrong | undefined {
  if (verdict.is === 'signed') return undefined;
  if (verdict.is === 'bad')
    return { is: 'problem', code: 'BAD_SIGNATURE', text: `bad signature: ${verdict.why}` };
  if (verdict.is === 'unknown')
    return { is: required || signed ? 'problem' : 'warning', code: 'BAD_SIGNATURE', text: verdict.why };
  if (!required) return undefined;
  return {
    is: 'problem',
    code: 'NOT_SIGNED',
    text: 'not signed, but the policy requires signed events',
  };
}

/** A change of allowed_signers must be signed by one of them. */
export async function lookAtSigners(
  audit: Audit,
  { at, from }: { at: string; from: string },
  { problems, warnings }: Findings,
): Promise<void> {
  const changes = await audit.commitsThatChange(at, from, 'allowed_signers');
  if (changes.length === 0) return;
  const signers = await audit.text(from, 'allowed_signers');
  if (signers === undefined) {
    const message = 'allowed_signers is new; from now on it decides who may sign';
    warnings.push({ code: 'OTHER_FILE', message });
    return;
  }
  const known = parseAllowedSigners(signers);
  for (const commit of changes) {
    const { author } = await audit.about(commit);
    const verdict = await audit.signatureOf(commit, known, [author.email]);
    if (verdict.is === 'signed') continue;
    const { code, message } = commitProblem(commit, verdict);
    problems.push({ code, path: 'allowed_signers', message: `changes who may sign: ${message}` });
  }
}

function commitProblem(commit: string, verdict: Verdict): Problem {
  const why = 'why' in verdict ? verdict.why : 'not signed';
  const code = verdict.is === 'unsigned' ? 'NOT_SIGNED' : 'BAD_SIGNATURE';
  return { code, path: '.', message: `the commit ${commit.slice(0, 10)}: ${why}` };
}

function signersIn(text: string, { warnings }: Findings): AllowedSigner[] {
  return parseAllowedSigners(text, (line, why) => {
    warnings.push({ code: 'BAD_SIGNATURE', message: `allowed_signers:${line} is ignored: ${why}` });
  });
}

function filesOf({ first, others }: Command): PortEvent[] {
  return [first, ...others].map(({ event }) => event);
}
