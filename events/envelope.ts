import * as z from 'zod/mini';
import { isPortName, isResourceName } from './names.js';
import { HIGHEST_PORT } from './port.js';

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** One line of text of 1 to `longest` characters, without control characters. */
export function printable(longest: number) {
  return z.string().check(
    z.minLength(1),
    z.maxLength(longest),
    z.refine((text) => !CONTROL.test(text), 'has control characters'),
  );
}

/** A ULID (github.com/ulid/spec): 26 characters of Crockford's base 32, the first at most 7. */
const eventId = z.string().check(z.regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/));

/** ISO 8601 in UTC with milliseconds, the only form written. */
export const instant = z.string().check(
  z.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/),
  z.refine((text) => !Number.isNaN(Date.parse(text)), 'is not a time'),
);

export const portNumber = z.int().check(z.gte(1), z.lte(HIGHEST_PORT));
export const rangeId = z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{0,62}$/));
export const owner = printable(200);
const reason = printable(500);

/** The project, and its own name for the resource where that differs from `resource`. */
export const belonging = { project: z.optional(printable(200)), local: z.optional(printable(200)) };

export const person = z.strictObject({ name: printable(200), email: printable(320), host: printable(255) });

/** Who ran the command, and on which machine. */
export type Person = z.infer<typeof person>;

export const exception = z.enum(['outside-range', 'reserved']);

export type Exception = z.infer<typeof exception>;

/** The other events of a signed command: how many, and the SHA-256 of their lines in the signed text (docs/format.md). */
export const otherFiles = z.strictObject({
  files: z.int().check(z.gte(1)),
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
});

/** An SSH signature (PROTOCOL.sshsig of OpenSSH) in base64; one of the longest RSA key has 6,000 characters. */
const signature = z.string().check(z.regex(/^[A-Za-z0-9+/]{4,8192}={0,2}$/));

export function envelope<const Type extends string>(type: Type) {
  return {
    v: z.literal(1),
    id: eventId,
    type: z.literal(type),
    protocol: z.enum(['tcp', 'udp']),
    port: portNumber,
    version: z.int().check(z.gte(1)),
    resource: z.string().check(z.refine(isResourceName, 'is not a valid resource name')),
    name: z.string().check(z.refine(isPortName, 'is not a valid port name')),
    by: person,
    at: instant,
    reason: z.optional(reason),
    batch: z.optional(eventId),
    prev: z.nullable(eventId),
    with: z.optional(otherFiles),
    sig: z.optional(signature),
  };
}
