import { VportsError } from '../errors.js';
import { parseDuration } from '../policy/duration.js';
import { Flags } from './oclif.js';

/** What every command takes that means the folder it is run in. */
export const hereFlags = {
  resource: Flags.string({
    description:
      "whose folder this is; else RESOURCE_NAME, a service.json or package.json, the folder's name",
  }),
  instance: Flags.string({
    description: 'the instance of it, or `none`; else VPORTS_INSTANCE, or the id of a linked git worktree',
  }),
  share: Flags.string({
    multiple: true,
    description: 'RESOURCE or RESOURCE/NAME that is meant without an instance',
  }),
};

/** What every command takes that runs another one. */
export const runFlags = {
  env: Flags.string({
    multiple: true,
    description: 'VAR=NAME: another variable for a port, or VAR=RESOURCE/NAME',
  }),
  wait: Flags.boolean({
    description:
      'wait for the ports to listen: those of others before the command starts, its own afterwards',
  }),
  timeout: Flags.string({ description: 'how long to wait at most; default: 30s', helpValue: '30s' }),
};

/** What a command takes that runs another one on ports of its own. */
export const conflictFlag = {
  'on-conflict': Flags.option({ options: ['fail', 'move'] as const })({
    description: 'what to do where a stranger is on a port that the resource holds; default: fail',
  }),
};

/** Milliseconds that ports have until they listen; undefined where nobody waits. Throws BAD_TIME. */
export function waitOf({
  wait,
  timeout,
}: {
  wait: boolean;
  timeout?: string | undefined;
}): number | undefined {
  if (!wait && timeout === undefined) return undefined;
  const patience = parseDuration(timeout ?? '30s');
  if (patience !== undefined) return patience;
  throw new VportsError('BAD_TIME', `${JSON.stringify(timeout!.slice(0, 80))} is not a length of time`, {
    hint: 'write 30s or 2m',
  });
}
