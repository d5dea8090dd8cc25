/**
 * Every error code, with the exit code of the program.
 * 1: the request was refused. 2: the input is invalid. 65 to 78 follow sysexits(3), 126 and 127 the shells.
 */
export const EXIT_CODES = {
  PORT_TAKEN: 1,
  PORT_RESERVED: 1,
  PORT_IN_USE: 1,
  ALREADY_HELD: 1,
  RANGE_FULL: 1,
  NOT_HELD: 1,
  NOT_LISTENING: 1,
  UNKNOWN_RESOURCE: 1,
  CONFLICT: 1,
  BAD_NAME: 2,
  BAD_PORT: 2,
  BAD_RANGE: 2,
  UNKNOWN_RANGE: 2,
  OUT_OF_RANGE: 2,
  BAD_TIME: 2,
  BAD_REVISION: 2,
  BAD_SERVICE_JSON: 2,
  BAD_USAGE: 2,
  LOG_DAMAGED: 65,
  STREAM_DAMAGED: 65,
  LOG_TOO_NEW: 65,
  HISTORY_REWRITTEN: 65,
  REMOTE_UNREACHABLE: 69,
  PUSH_REJECTED: 69,
  INTERNAL: 70,
  CANNOT_WRITE: 73,
  LOCKED: 75,
  CONTENDED: 75,
  REGISTRY_NOT_FOUND: 78,
  BAD_POLICY: 78,
  NO_IDENTITY: 78,
  UNSUPPORTED_REPOSITORY: 78,
  NOT_TRUSTED: 78,
  INCOMPLETE_PACKAGE: 78,
  CANNOT_RUN: 126,
  NO_COMMAND: 127,
} as const;

export type ErrorCode = keyof typeof EXIT_CODES;

/** The rule of the log that `verify` finds broken. */
export const PROBLEM_CODES = [
  'AUTHOR_MISMATCH',
  'BAD_EVENT',
  'BAD_POLICY',
  'BAD_SIGNATURE',
  'BAD_TREE',
  'BATCH_INCOMPLETE',
  'CLAIMED_TIME',
  'DOUBLE_NAME',
  'DOUBLE_VARIABLE',
  'EVENT_DELETED',
  'EVENT_MODIFIED',
  'HISTORY_REWRITTEN',
  'NOT_A_FILE',
  'NOT_CANONICAL',
  'NOT_SIGNED',
  'OUT_OF_RANGE',
  'PATH_MISMATCH',
  'PREV_MISMATCH',
  'RESERVED',
  'TAKEN_ON_BASE',
  'TIME_BACKWARDS',
  'TIME_FUTURE',
  'VERSION_GAP',
] as const;

export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** Why a free port may not stay free. */
const HAZARD_CODES = [
  'BROWSER_REFUSED',
  'DOCKER_EPHEMERAL',
  'EPHEMERAL_RANGE',
  'EXCLUDED_RANGE',
  'IANA_ASSIGNED',
  'NODE_PORT',
] as const;

/** Codes that only warnings have. */
const OWN_WARNING_CODES = [
  'BRANCH_CLOSED',
  'BROKEN_BLOCK',
  'CLAIMED_ON_BRANCH',
  'DOCUMENT_LEFT',
  'DOCUMENT_NOT_STAGED',
  'DOCUMENT_NOT_WRITTEN',
  'HELD_ELSEWHERE',
  'NOT_IGNORED',
  'NOT_PUSHED',
  'NOT_THE_HOLDER',
  'NO_PULL_REQUESTS',
  'OTHER_FILE',
  'OTHER_PROJECT',
  'RESTORED',
  'STALE_PROSE',
  'SYSTEM_IDENTITY',
  'TAKEN_ON_BASE',
  'UNFINISHED_WRITE',
  'UNREADABLE',
  'VARIABLE_REFUSED',
] as const;

/** Codes that only `doctor` and `status` report. */
const OWN_FINDING_CODES = [
  'DETACHED_HEAD',
  'DOCKER_UNREADABLE',
  'DOCUMENT_DRIFT',
  'EMBEDDED',
  'FILE_MODES',
  'GIT_LOCK',
  'IN_CONTAINER',
  'JOURNAL_REFUSED',
  'NO_GIT',
  'NO_GITATTRIBUTES',
  'NO_PROJECT',
  'NO_REGISTRY_ID',
  'NO_RESOURCE',
  'NO_SOCKET_TABLE',
  'OLD_CACHE',
  'OTHER_REGISTRIES',
  'OTHER_USERS',
  'OWNERS_DIFFER',
  'PUSH_REFUSED',
  'STALE_LOCK',
  'SYSTEM_IDENTITY',
  'TEMPORARY_FILES',
  'UNDER_WAY',
  'UNFINISHED_WRITE',
  'UNREADABLE',
  'WRITING',
] as const;

const ERROR_CODES = Object.keys(EXIT_CODES) as ErrorCode[];

/** Codes of warnings; a warning about what another command refuses has the code of that refusal. */
export const WARNING_CODES = unique(ERROR_CODES, PROBLEM_CODES, HAZARD_CODES, OWN_WARNING_CODES);

export type WarningCode = (typeof WARNING_CODES)[number];

export const FINDING_CODES = unique(ERROR_CODES, PROBLEM_CODES, HAZARD_CODES, OWN_FINDING_CODES);

export type FindingCode = (typeof FINDING_CODES)[number];

/** Why a place in a document disagrees with the registry: reported by `ci` and `docs`. */
export const DOCUMENT_CODES = [
  'DAMAGED',
  'FOREIGN_PORT',
  'NEW_IGNORE',
  'OTHER_REGISTRY',
  'STALE_PROSE',
  'STALE_README',
  'UNKNOWN_PORT',
  'UNREADABLE',
  'WRONG_PORT',
] as const;

export type DocumentCode = (typeof DOCUMENT_CODES)[number];

function unique<Code extends string>(...lists: (readonly Code[])[]): [Code, ...Code[]] {
  return [...new Set(lists.flat())].sort() as [Code, ...Code[]];
}
