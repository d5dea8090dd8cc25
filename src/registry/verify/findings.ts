import type { Warning } from '../../errors.js';
import type { CheckedLog, Problem } from '../../review/rules.js';

export interface Verified {
  ok: boolean;
  checked: { events: number; streams: number; commits: number };
  problems: Problem[];
  warnings: Warning[];
}

export interface Findings {
  problems: Problem[];
  warnings: Verified['warnings'];
}

/** What a branch adds to what it is to be merged into. */
export interface Added {
  at: string;
  from: string;
  /** The merge bases of the two. */
  mergeBases: string[];
  log: CheckedLog;
  /** Paths of the new events, and the commits that brought them. */
  added: string[];
  commits: Map<string, string>;
}

export function verdict(log: CheckedLog, commits: number, { problems, warnings }: Findings): Verified {
  const once = <T>(all: T[], key: (it: T) => string) => [...new Map(all.map((it) => [key(it), it])).values()];
  return {
    ok: problems.length === 0,
    checked: { events: log.events.size, streams: log.streams, commits },
    problems: once(problems, (it) => `${it.code} ${it.path} ${it.code === 'NOT_SIGNED' ? it.message : ''}`),
    warnings: once(warnings, (it) => `${it.code} ${it.message}`),
  };
}

export function asWarning({ code, path, message }: Problem): Verified['warnings'][number] {
  return { code, message: `${path}: ${message}` };
}
