import { dirname, join } from 'node:path';
import { attempt } from '../attempt.js';
import { readRegularText } from '../files/regular-file.js';

/** In `globalPassThroughEnv` these give the tasks what a run sets: turborepo.com/docs/crafting-your-repository/using-environment-variables. */
const PASSED = ['PORT', '*_PORT', 'VPORTS_*'];

/**
 * Why the tasks of `turbo` would not see PORT, and the line of turbo.json that passes it; undefined where they do. In its strict mode, the
 * default since version 2, a task gets the variables that turbo.json names.
 */
export async function droppedByTurbo(args: readonly string[], cwd: string): Promise<string | undefined> {
  const isLoose = args.some(
    (it, index) => it === '--env-mode=loose' || (it === '--env-mode' && args[index + 1] === 'loose'),
  );
  const file = isLoose ? undefined : configAbove(cwd);
  if (file === undefined) return undefined;
  const config = (await import('jsonc-parser')).parse(readRegularText(file));
  const isPassed = passed(config).some((it) => ['*', 'PORT', '*PORT'].includes(it));
  if (config?.envMode === 'loose' || isPassed) return undefined;
  return `turbo hides PORT from its tasks; "globalPassThroughEnv": ${JSON.stringify(PASSED)} in ${file} passes it on`;
}

function configAbove(cwd: string): string | undefined {
  for (let at = cwd; ; at = dirname(at)) {
    const files = ['turbo.json', 'turbo.jsonc'].map((name) => join(at, name));
    const found = files.find((file) => attempt(() => readRegularText(file)) !== undefined);
    if (found !== undefined) return found;
    if (dirname(at) === at) return undefined;
  }
}

/** All variables that any task gets: which one runs, turbo decides. */
function passed(config: unknown): string[] {
  const { globalPassThroughEnv, globalEnv, tasks } = (config ?? {}) as Record<string, unknown>;
  const own = Object.values(tasks ?? {}).flatMap((task) => [task?.passThroughEnv, task?.env]);
  return [globalPassThroughEnv, globalEnv, ...own].flatMap((it) =>
    Array.isArray(it) ? it.filter((name): name is string => typeof name === 'string') : [],
  );
}
