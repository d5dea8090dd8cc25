import * as z from 'zod/mini';
import { isBranchName } from '../git/ref-name.js';

const oid = z.string().check(z.regex(/^[0-9a-f]{40}$/));
const version = { before: z.optional(oid), after: z.optional(oid) };
/** Inside the work tree, and no file of git's own: what is written must not be executable by git. */
const path = z.string().check(
  z.minLength(1),
  z.maxLength(4_096),
  z.refine(
    (it) => !/[\u0000\\]/.test(it) && it.split('/').every((part) => !/^(|\.{1,2}|\.git|git~1)$/i.test(part)),
  ),
);
export const journalSchema = z.strictObject({
  version: z.literal(1),
  /** git's name of a linked work tree; empty for the main one. By name, as the repository may move. */
  worktree: z.string().check(z.maxLength(255)),
  ref: z
    .string()
    .check(z.refine((it) => it.startsWith('refs/heads/') && isBranchName(it.slice('refs/heads/'.length)))),
  old: z.optional(oid),
  next: oid,
  reflog: z.string().check(z.maxLength(4_096), z.regex(/^[0-9a-f]{40} [0-9a-f]{40} [^\n]*\n$/)),
  files: z.array(
    z.strictObject({
      path,
      ...version,
      index: z.optional(z.strictObject(version)),
      worktree: z.optional(z.strictObject(version)),
    }),
  ),
});
