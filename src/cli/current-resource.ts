import { openResourceFolder } from '../documents/resource-folder.js';
import { badUsage } from '../errors.js';
import { Flags } from './oclif.js';

export const resourceFlag = {
  resource: Flags.string({
    description: 'the resource',
    env: 'RESOURCE_NAME',
  }),
};

/** From `--resource`, RESOURCE_NAME, or the service.json here. Throws BAD_USAGE. */
export function currentResource({ resource }: { resource?: string | undefined }): string {
  const own = resource || openResourceFolder(process.cwd()).service?.resource;
  if (own !== undefined) return own;
  throw badUsage(
    'cannot tell which resource you mean',
    'pass --resource, set RESOURCE_NAME, or run this in a folder whose service.json has a "name"',
  );
}
