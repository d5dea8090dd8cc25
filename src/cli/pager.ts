import { spawn } from 'node:child_process';
import { userConfig } from '../log/git/index.js';

/** git's default for LESS. */
const LESS = 'FRX';

/** The pager of git (git-var(1)), but never one configured by a repository; undefined for none. */
function pager(): string | undefined {
  const { GIT_PAGER, PAGER } = process.env;
  const configured = userConfig({ gitdir: process.cwd() }).get('core.pager');
  const chosen = [GIT_PAGER, configured, PAGER].find((it) => it !== undefined) ?? 'less';
  return chosen === '' || chosen === 'cat' ? undefined : chosen;
}

export async function page(text: string): Promise<void> {
  const program = pager();
  const print = () => void process.stdout.write(text);
  if (program === undefined || process.platform === 'win32') return print();
  // The pager handles Ctrl-C itself, and needs the terminal until it ends.
  const ignore = () => undefined;
  process.on('SIGINT', ignore);
  const reader = spawn('sh', ['-c', program], {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { ...process.env, LESS: process.env.LESS ?? LESS, LV: process.env.LV ?? '-c' },
  });
  const status = await new Promise<number | null>((resolve) => {
    reader.once('error', () => resolve(127));
    reader.once('exit', (code) => resolve(code));
    // EPIPE: the user quit the pager.
    reader.stdin.once('error', ignore);
    reader.stdin.end(text);
  });
  process.off('SIGINT', ignore);
  if (status === 127 || status === 126) print();
}
