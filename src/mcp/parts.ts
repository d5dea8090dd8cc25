import * as z from 'zod/mini';
import type { PortRef } from '../../events/port.js';
import type { Listener } from '../host/listener.js';
import type { ListedPort } from '../registry/query/queries.js';
import { maybeText, port, protocol, text, when } from '../schema/parts.js';
import { saidOf, saidSchema, sanitizeForModel } from './sanitize.js';

const describe = <T extends z.ZodMiniType>(schema: T, description: string): T =>
  schema.check(z.meta({ description })) as T;

/** The facts of a value that an answer of this shape has, in its order. */
export function only({ shape }: z.ZodMiniObject, value: object): Record<string, unknown> {
  const facts = new Map<string, unknown>(Object.entries(value));
  const keys = Object.keys(shape).filter((key) => facts.has(key));
  return Object.fromEntries(keys.map((key) => [key, facts.get(key)]));
}

export const folder = z.optional(
  describe(
    z.string(),
    'Absolute path of the folder you work in, such as a git worktree. Default: where the server was started.',
  ),
);
export const resource = describe(z.string(), 'Name of a service, like web or web@login.');
/** Agents also send numbers as strings. */
export const portNumber = describe(
  z.union([
    z.int().check(z.gte(1), z.lte(65_535)),
    z.string().check(
      z.regex(/^[1-9][0-9]{0,4}$/),
      z.refine((text) => Number(text) <= 65_535),
    ),
  ]),
  'Port number.',
);
export const reason = describe(z.string(), 'Why, in one line, for readers of the log.');
export const ref = { port, protocol };
export const maybeProtocol = z.optional(describe(protocol, 'Default: tcp.'));

export const holding = z.strictObject({
  ...ref,
  resource: text,
  project: maybeText,
  name: text,
  since: when,
  leased: z.boolean(),
  lease: maybeText,
  folder: maybeText,
  said: saidSchema,
});

export function holdingOf(it: ListedPort) {
  const [project, folder] = [sanitizeForModel(it.project), sanitizeForModel(it.folder)];
  return only(holding, { ...it, project, folder, said: saidOf(it) });
}

export const listener = z.strictObject({
  process: maybeText,
  pid: z.nullable(z.int()),
  address: maybeText,
  resource: maybeText,
});

export function listenerOf({ process, pid, address, resource }: Listener) {
  return { process: sanitizeForModel(process), pid, address, resource: sanitizeForModel(resource) };
}

export const claim = z.strictObject({ resource: text, name: text, branch: text });

export function claimOf(it: { resource: string; name: string; branch: string } | null) {
  return it && { resource: it.resource, name: it.name, branch: sanitizeForModel(it.branch)! };
}

export const warning = z.strictObject({ code: text, message: text, hint: maybeText });

export function warningOf(it: { code: string; message: string; hint?: string | undefined }) {
  return { code: it.code, message: sanitizeForModel(it.message)!, hint: sanitizeForModel(it.hint) };
}

export function refOf({
  port,
  protocol = 'tcp',
}: {
  port: number | string;
  protocol?: PortRef['protocol'] | undefined;
}): string {
  return `${port}/${protocol}`;
}
