import type { Warning } from '../../errors.js';
import type { Author } from '../../log/append/index.js';
import type { Appended, Publication } from '../../log/event-log.js';
import { asReported } from '../../system-error.js';
import { appendRest } from './append.js';
import type { Append, Command } from './command.js';

/** What came of publishing: who has it, or somebody else was faster. */
export type Published =
  | { how: Publication; warnings: Warning[]; said: readonly string[] }
  | { how: 'moved'; appended: Appended };

/** Makes final what was appended. What this machine gives up for it comes afterwards, and is added to what was appended. */
export async function publish<Answer>(
  command: Command<Answer>,
  done: Append<Answer>,
  who: Author,
): Promise<Published> {
  const { logs } = command;
  const own = done.appended.find(([log]) => logs.nameOf(log) === 'registry')?.[1];
  if (!own) return { how: 'local', warnings: [], said: [] };
  const { publisher } = await logs.registry();
  const how = await publisher.publish(own);
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

/** All have the claim by then: that a lease for it stays as well must not say otherwise. */
function notGivenUp(error: unknown): Warning {
  const reported = asReported(error);
  if (!reported) throw error;
  return {
    code: reported.code,
    message: `what this machine had leased for it stays leased: ${reported.message}`,
    hint: reported.hint,
  };
}
