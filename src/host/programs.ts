/** Looking must not keep anybody waiting. */
const PATIENCE = 10_000;

/**
 * What one of the system's own programs prints, without a shell; empty where it is missing or takes over ten seconds.
 * What it printed before it failed counts: lsof exits 1 where some of what it was asked for is not there.
 */
export async function outputOf(
  program: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<string> {
  const { execFile } = await import('node:child_process');
  return new Promise((resolve) => {
    const options = { timeout: PATIENCE, maxBuffer: 64 * 2 ** 20, env: { ...process.env, ...env } };
    execFile(program, args, options, (_, stdout) => resolve(stdout));
  });
}
