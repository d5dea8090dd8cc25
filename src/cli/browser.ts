import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { VportsError } from '../errors.js';

/** What the system opens a page with; BROWSER comes first, as xdg-open(1) has it. */
function opener(): string[] {
  if (process.env.BROWSER) return [process.env.BROWSER];
  if (process.platform === 'darwin') return ['open'];
  // `start` is the shell's own, and the first thing in quotes would be a title.
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return ['xdg-open'];
}

/** Shows a page or a file in the user's browser, which goes on by itself. Throws BAD_USAGE where there is none. */
export async function openInBrowser(target: string): Promise<void> {
  const [program, ...args] = opener();
  const browser = spawn(program!, [...args, target], { stdio: 'ignore', detached: true });
  try {
    await once(browser, 'spawn');
    browser.unref();
  } catch (cause) {
    throw new VportsError('BAD_USAGE', `${program} cannot be run, to open ${target}`, {
      hint: 'set BROWSER to a program that shows pages',
      cause,
    });
  }
}
