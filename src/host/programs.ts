/** Milliseconds: looking must not block anybody. */
const PATIENCE = 10_000;

/**
 * The output of a system program, without a shell; empty if it is missing or takes over ten seconds. The output of a failed
 * program counts too: lsof exits with 1 if a part of what it was asked for does not exist.
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
