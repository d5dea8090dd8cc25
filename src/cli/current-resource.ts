import { openResourceFolder } from '../documents/resource-folder.js';
import { VportsError } from '../errors.js';
import { Flags } from './oclif.js';

export const resourceFlag = {
  resource: Flags.string({
    description: 'whose ports',
    env: 'RESOURCE_NAME',
  }),
};

/** Whose ports a resource's own program means: `--resource`, RESOURCE_NAME, or the service.json here. Throws BAD_USAGE. */
export function currentResource({ resource }: { resource?: string | undefined }): string {
  const own = resource || openResourceFolder(process.cwd()).service?.resource;
  if (own !== undefined) return own;
  throw new VportsError('BAD_USAGE', 'which resource is meant cannot be told', {
    hint: 'give --resource, set RESOURCE_NAME, or run it where a service.json has a "name"',
  });
}
