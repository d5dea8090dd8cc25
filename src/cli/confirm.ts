import { once } from 'node:events';
import { escapeControlCharacters } from '../control-characters.js';
import { VportsError } from '../errors.js';

/**
 * Asks on the terminal, and takes nothing but a yes for one. Throws BAD_USAGE without a terminal: there is nobody to ask.
 * Ctrl-C ends the program as a signal does.
 */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new VportsError('BAD_USAGE', `${question} There is no terminal to ask on`, {
      hint: 'say -y to go on without being asked',
    });
  }
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  terminal.once('SIGINT', () => {
    terminal.close();
    process.kill(process.pid, 'SIGINT');
  });
  // Ctrl-D is no answer: some versions of Node fail then, others wait for ever.
  const closed = once(terminal, 'close').then(() => '');
  const answer = terminal.question(`${escapeControlCharacters(question)} [y/N] `).catch((error) => {
    if (error.code === 'ABORT_ERR') return '';
    throw error;
  });
  try {
    return /^y(es)?$/i.test((await Promise.race([answer, closed])).trim());
  } finally {
    terminal.close();
  }
}
