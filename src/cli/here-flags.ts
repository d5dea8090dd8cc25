import { openResourceFolder } from '../documents/resource-folder.js';
import { badUsage, VportsError } from '../errors.js';
import { parseDuration } from '../policy/duration.js';
import { Flags } from './oclif.js';

/** Flags of commands that act on the current folder. */
export const hereFlags = {
  resource: Flags.string({
    description:
      "the resource of this folder; default: RESOURCE_NAME, the name in service.json or package.json, the folder's name",
  }),
  instance: Flags.string({
    description:
      'instance of the resource, or `none`; default: VPORTS_INSTANCE, or the id of a linked git worktree',
  }),
  share: Flags.string({
    multiple: true,
    description: 'RESOURCE or RESOURCE/NAME to share with the main instance',
  }),
};

/** For commands that need to know the resource only. */
export const resourceFlag = { resource: Flags.string({ description: 'the resource', env: 'RESOURCE_NAME' }) };

/** From `--resource`, RESOURCE_NAME, or the service.json here. Throws BAD_USAGE. */
export function currentResource({ resource }: { resource?: string | undefined }): string {
  const own = resource || openResourceFolder(process.cwd()).service?.resource;
  if (own !== undefined) return own;
  throw badUsage(
    'cannot tell which resource you mean',
    'pass --resource, set RESOURCE_NAME, or run this in a folder whose service.json has a "name"',
  );
}

/** Flags of commands that run another command. */
export const runFlags = {
  env: Flags.string({
    multiple: true,
    description: 'VAR=NAME or VAR=RESOURCE/NAME: set VAR to this port too',
  }),
  wait: Flags.boolean({
    description:
      "wait until ports are listening: other resources' before the command starts, its own afterwards",
  }),
  timeout: Flags.string({ description: 'maximum wait; default: 30s', helpValue: '30s' }),
};

export const conflictFlag = {
  'on-conflict': Flags.option({ options: ['fail', 'move'] as const })({
    description: 'what to do if an unrelated process occupies a port of the resource; default: fail',
  }),
};

/** How long to wait for listeners, in milliseconds; undefined without --wait. Throws BAD_TIME. */
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
  throw new VportsError('BAD_TIME', `${JSON.stringify(timeout!.slice(0, 80))} is not a duration`, {
    hint: 'write 30s or 2m',
  });
}
