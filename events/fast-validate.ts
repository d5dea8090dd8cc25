import { eventTypes } from './event.js';
import { KEYS } from './keys.js';
import { isPortName, isResourceName } from './names.js';
import { HIGHEST_PORT } from './port.js';

/** Keys that every event has, and those that each type may have beside them. */
const ALLOWED: ReadonlyMap<unknown, ReadonlySet<string>> = new Map(
  Object.entries(eventTypes).map(([type, { schema }]) => [type, new Set(Object.keys(schema.shape))]),
);
const NEEDED = new Set(
  KEYS.filter((key) =>
    Object.values(eventTypes).every(({ schema }) => {
      const field = (schema.shape as Record<string, { type: string }>)[key];
      return field !== undefined && field.type !== 'optional';
    }),
  ),
) as ReadonlySet<string>;
const RANK = new Map<string, number>(KEYS.map((key, index) => [key, index]));
const ID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const INSTANT = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
const RANGE = /^[a-z0-9][a-z0-9-]{0,62}$/;
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/**
 * Whether a parsed event is certainly one of format 1, with its keys in order. A no only means that the schemas have to be
 * asked: for leases with owners, for one.
 */
export function isCertainlyValid(it: Record<string, unknown>): boolean {
  const allowed = ALLOWED.get(it.type);
  if (!allowed) return false;
  let [last, needed] = [-1, 0];
  for (const key of Object.keys(it)) {
    const rank = RANK.get(key);
    if (rank === undefined || rank < last || !allowed.has(key)) return false;
    last = rank;
    if (it[key] === undefined) return false;
    if (NEEDED.has(key)) needed++;
  }
  return (
    needed === NEEDED.size &&
    it.v === 1 &&
    isId(it.id) &&
    (it.protocol === 'tcp' || it.protocol === 'udp') &&
    isWhole(it.port, HIGHEST_PORT) &&
    isWhole(it.version, Number.MAX_SAFE_INTEGER) &&
    typeof it.resource === 'string' &&
    isResourceName(it.resource) &&
    typeof it.name === 'string' &&
    isPortName(it.name) &&
    (it.project === undefined || isLine(it.project, 200)) &&
    (it.local === undefined || isLine(it.local, 200)) &&
    isPerson(it.by) &&
    isInstant(it.at) &&
    (it.prev === null || isId(it.prev)) &&
    (it.range === undefined || (typeof it.range === 'string' && RANGE.test(it.range))) &&
    (it.owner === undefined || isLine(it.owner, 200)) &&
    (it.reason === undefined || isLine(it.reason, 500)) &&
    (it.lease === undefined ? it.type !== 'port.renewed' : isValidLease(it.lease)) &&
    (it.exception === undefined || it.exception === 'outside-range' || it.exception === 'reserved') &&
    (it.from === undefined || isWhole(it.from, HIGHEST_PORT)) &&
    (it.to === undefined || isWhole(it.to, HIGHEST_PORT)) &&
    (it.batch === undefined || isId(it.batch))
  );
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && ID.test(value);
}

function isWhole(value: unknown, highest: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= highest;
}

function isInstant(value: unknown): boolean {
  return typeof value === 'string' && INSTANT.test(value);
}

function isLine(value: unknown, longest: number): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= longest && !CONTROL.test(value);
}

function isPerson(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { name, email, host } = value as Record<string, unknown>;
  return (
    Object.keys(value).join() === 'name,email,host' &&
    isLine(name, 200) &&
    isLine(email, 320) &&
    isLine(host, 255)
  );
}

function isValidLease(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { expires, folder, git } = value as Record<string, unknown>;
  const keys = Object.keys(value).join();
  if (keys === 'expires') return isInstant(expires);
  return (
    expires === null &&
    isLine(folder, 4096) &&
    (keys === 'expires,folder' || (keys === 'expires,folder,git' && isLine(git, 4096)))
  );
}
