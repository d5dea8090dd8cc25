import { createHash } from 'node:crypto';

/** Lets a command use its own database. */
export const SLUG_VARIABLE = 'VPORTS_SLUG';

/** PostgreSQL's limit for names, in bytes. */
const LONGEST = 63;

/** `shop_login` for `shop@login`: needs no quotes in any database; long names end with a hash. */
export function slugOf(resource: string): string {
  const slug = resource.replace(/[^a-z0-9]+/g, '_').replace(/^(?=[0-9])/, '_');
  if (slug.length <= LONGEST) return slug;
  const hash = createHash('sha256').update(resource).digest('hex').slice(0, 8);
  return `${slug.slice(0, LONGEST - hash.length - 1)}_${hash}`;
}
