import { once } from 'node:events';
import { escapeControlCharacters } from '../control-characters.js';
import { badUsage } from '../errors.js';

/**
 * Asks on the terminal; anything but y or yes is a no. Throws BAD_USAGE without a terminal. Ctrl-C ends the program like a signal.
 */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw badUsage(`${question} (cannot prompt: not a terminal)`, 'pass -y to skip the prompt');
  }
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  terminal.once('SIGINT', () => {
    terminal.close();
    process.kill(process.pid, 'SIGINT');
  });
  // After Ctrl-D some versions of Node throw, and others wait for ever.
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
