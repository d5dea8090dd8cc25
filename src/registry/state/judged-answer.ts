import type { PortRef } from '../../../events/port.js';
import { VportsError } from '../../errors.js';
import type { Logs } from './logs.js';

/**
 * What a command that answers from a few streams comes to, with the history of these judged. It does not wait for a judgement of all of
 * the history, which takes seconds in a large registry: `get`, `env`, `url`, `exec` and `ci` are asked at every start. What it does
 * not find may have been deleted: then all is judged.
 */
export async function judgedAnswer<T>(
  logs: Logs,
  answer: () => Promise<T>,
  streamsOf: (answer: T) => PortRef[],
): Promise<T> {
  logs.judgesAnswersOnly = true;
  const { reader } = await logs.registry();
  try {
    const given = await answer();
    return (await reader.judgeStreams(streamsOf(given))) ? await answer() : given;
  } catch (error) {
    if (!(error instanceof VportsError && NOT_FOUND.includes(error.code))) throw error;
    if (await reader.judgeAtFirst()) return answer();
    throw error;
  }
}

const NOT_FOUND = ['UNKNOWN_RESOURCE', 'NOT_HELD'];
