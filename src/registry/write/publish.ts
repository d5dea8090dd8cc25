import type { Warning } from '../../errors.js';
import type { Author } from '../../log/append/index.js';
import type { Appended, Publication } from '../../log/event-log.js';
import { reported } from '../../system-error.js';
import { appendRest } from './append.js';
import type { Append, Command } from './command.js';
import { alongWith } from './pull-requests.js';

/** What came of publishing: who has it, or somebody else was faster. */
export type Published =
  | { how: Publication; warnings: Warning[]; said: readonly string[] }
  | { how: 'moved'; appended: Appended };

/** Publishes what was appended, then releases the leases that it replaces. */
export async function publish<Answer>(
  command: Command<Answer>,
  done: Append<Answer>,
  who: Author,
): Promise<Published> {
  const { logs } = command;
  const own = done.appended.find(([log]) => logs.nameOf(log) === 'registry')?.[1];
  if (!own) return { how: 'local', warnings: [], said: [] };
  const { publisher } = await logs.registry();
  const how = await publisher.publish(own, await alongWith(logs, own.ref));
  if (how === 'moved') return { how, appended: own };
  const warnings = [...publisher.warnings];
  if (how === 'pushed') {
    const rest = await appendRest(command, done, who).catch((error: unknown) => {
      warnings.push(notGivenUp(error));
      return [];
    });
    done.appended.push(...rest);
  }
  return { how, warnings, said: publisher.said };
}

/** The claim is already published, so this is only a warning. */
function notGivenUp(error: unknown): Warning {
  const why = reported(error);
  return why.asWarning(`the old lease on this machine was not released: ${why.message}`);
}
