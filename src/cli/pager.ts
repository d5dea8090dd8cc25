import { spawn } from 'node:child_process';
import { userConfig } from '../log/git/index.js';

/** As git has it: quit where it fits on a screen, colours as they are, leave the screen as it was. */
const LESS = 'FRX';

/** The pager that git would take, never one that a repository names; undefined where that is none. */
function pager(): string | undefined {
  const { GIT_PAGER, PAGER } = process.env;
  const configured = userConfig({ gitdir: process.cwd() }).get('core.pager');
  const chosen = [GIT_PAGER, configured, PAGER].find((it) => it !== undefined) ?? 'less';
  return chosen === '' || chosen === 'cat' ? undefined : chosen;
}

/** Shows a text in the user's pager, which a shell runs, as git does (git-var(1)); prints it where there is none. */
export async function page(text: string): Promise<void> {
  const program = pager();
  const print = () => void process.stdout.write(text);
  if (program === undefined || process.platform === 'win32') return print();
  // What it does about Ctrl-C is its own affair, and it needs the terminal to the end.
  const ignore = () => undefined;
  process.on('SIGINT', ignore);
  const reader = spawn('sh', ['-c', program], {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { ...process.env, LESS: process.env.LESS ?? LESS, LV: process.env.LV ?? '-c' },
  });
  const status = await new Promise<number | null>((resolve) => {
    reader.once('error', () => resolve(127));
    reader.once('exit', (code) => resolve(code));
    // Who quits before the end has seen enough.
    reader.stdin.once('error', ignore);
    reader.stdin.end(text);
  });
  process.off('SIGINT', ignore);
  if (status === 127 || status === 126) print();
}
