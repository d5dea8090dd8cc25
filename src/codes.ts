/**
 * Every way vports can say no, with the exit code a script sees.
 * 1: the answer is no. 2: the input is wrong. 65 and up follow sysexits(3).
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
} as const;

export type ErrorCode = keyof typeof EXIT_CODES;

/** What a command warns of; what another one would refuse has the code of that refusal. */
export type WarningCode =
  | ErrorCode
  | HazardCode
  | 'BRANCH_CLOSED'
  | 'BROKEN_BLOCK'
  | 'CLAIMED_ON_BRANCH'
  | 'HELD_ELSEWHERE'
  | 'DOCUMENT_LEFT'
  | 'DOCUMENT_NOT_STAGED'
  | 'DOCUMENT_NOT_WRITTEN'
  | 'NOT_IGNORED'
  | 'NO_PULL_REQUESTS'
  | 'NOT_THE_HOLDER'
  | 'OTHER_FILE'
  | 'RESTORED'
  | 'STALE_PROSE'
  | 'SYSTEM_IDENTITY'
  | 'TAKEN_ON_BASE'
  | 'UNFINISHED_WRITE'
  | 'UNREADABLE'
  | 'VARIABLE_REFUSED'
  | ProblemCode;

/** Why a port that is free may not stay so. */
type HazardCode =
  | 'BROWSER_REFUSED'
  | 'DOCKER_EPHEMERAL'
  | 'EPHEMERAL_RANGE'
  | 'EXCLUDED_RANGE'
  | 'IANA_ASSIGNED'
  | 'NODE_PORT';

/** What `doctor` finds. */
export type FindingCode =
  | ErrorCode
  | ProblemCode
  | HazardCode
  | 'DETACHED_HEAD'
  | 'DOCUMENT_DRIFT'
  | 'DOCKER_UNREADABLE'
  | 'EMBEDDED'
  | 'FILE_MODES'
  | 'OTHER_REGISTRIES'
  | 'GIT_LOCK'
  | 'IN_CONTAINER'
  | 'JOURNAL_REFUSED'
  | 'NO_GIT'
  | 'NO_RESOURCE'
  | 'NO_GITATTRIBUTES'
  | 'NO_SOCKET_TABLE'
  | 'OLD_CACHE'
  | 'OTHER_USERS'
  | 'PUSH_REFUSED'
  | 'STALE_LOCK'
  | 'SYSTEM_IDENTITY'
  | 'TEMPORARY_FILES'
  | 'UNDER_WAY'
  | 'UNFINISHED_WRITE'
  | 'UNREADABLE'
  | 'WRITING';

/** Which rule of the log `verify` finds broken. */
export type ProblemCode =
  | 'AUTHOR_MISMATCH'
  | 'BAD_EVENT'
  | 'BAD_POLICY'
  | 'BAD_SIGNATURE'
  | 'BAD_TREE'
  | 'BATCH_INCOMPLETE'
  | 'CLAIMED_TIME'
  | 'DOUBLE_NAME'
  | 'DOUBLE_VARIABLE'
  | 'EVENT_DELETED'
  | 'EVENT_MODIFIED'
  | 'HISTORY_REWRITTEN'
  | 'NOT_A_FILE'
  | 'NOT_CANONICAL'
  | 'NOT_SIGNED'
  | 'OUT_OF_RANGE'
  | 'PATH_MISMATCH'
  | 'PREV_MISMATCH'
  | 'RESERVED'
  | 'TAKEN_ON_BASE'
  | 'TIME_BACKWARDS'
  | 'TIME_FUTURE'
  | 'VERSION_GAP';
