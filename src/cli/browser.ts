import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { badUsage } from '../errors.js';

/** BROWSER comes first, as in xdg-open(1). */
function opener(): string[] {
  if (process.env.BROWSER) return [process.env.BROWSER];
  if (process.platform === 'darwin') return ['open'];
  // `start` is a shell builtin that takes the first quoted argument for a title.
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return ['xdg-open'];
}

/** Opens a URL or file in the user's browser and does not wait for it. Throws BAD_USAGE without a browser. */
export async function openInBrowser(target: string): Promise<void> {
  const [program, ...args] = opener();
  const browser = spawn(program!, [...args, target], { stdio: 'ignore', detached: true });
  try {
    await once(browser, 'spawn');
    browser.unref();
  } catch (cause) {
    throw badUsage(`cannot run ${program} to open ${target}`, 'set BROWSER to your browser', { cause });
  }
}
