import fc from 'fast-check';
import { ulid } from 'ulid';
import type { EventType, PortEvent } from '../../events/event.js';

const line = (maxLength: number) =>
  fc
    .string({ minLength: 1, maxLength, unit: 'grapheme' })
    .filter((text) => text.length <= maxLength && !/[\p{Cc}\u2028\u2029]/u.test(text));
const id = fc.nat(2 ** 40).map((time) => ulid(time));
const at = fc
  .date({ min: new Date(0), max: new Date('2999-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const timedLease = fc.record(
  {
    expires: at,
    owner: fc.record({
      pid: fc.integer({ min: 1 }),
      started: fc.constant('12'),
      boot: fc.uuid(),
      pidns: fc.constant('4026531836'),
    }),
  },
  { requiredKeys: ['expires'] },
);
const path = fc.stringMatching(/^\/[ -~]{1,40}$/);
const folderLease = fc.record(
  { expires: fc.constant(null), folder: path, git: path },
  { requiredKeys: ['expires', 'folder'] },
);
const lease = fc.oneof(timedLease, folderLease);
const word = fc.stringMatching(/^[a-z][a-z0-9._-]{0,30}$/);

const envelope = {
  v: fc.constant(1 as const),
  id,
  protocol: fc.constantFrom('tcp' as const, 'udp' as const),
  port: fc.integer({ min: 1, max: 65535 }),
  version: fc.integer({ min: 1, max: 20000 }),
  resource: word,
  name: fc.stringMatching(/^[a-z][a-z0-9_-]{0,30}$/),
  by: fc.record({ name: line(200), email: line(320), host: line(255) }),
  at,
  reason: line(500),
  batch: id,
  prev: fc.option(id, { nil: null }),
};
const always = [
  'v',
  'id',
  'type',
  'protocol',
  'port',
  'version',
  'resource',
  'name',
  'by',
  'at',
  'prev',
] as const;
const port = fc.integer({ min: 1, max: 65535 });
const range = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
const exception = fc.constantFrom('outside-range' as const, 'reserved' as const);

/** By type, the events of it that format 1 allows. */
const BY_TYPE: Record<EventType, fc.Arbitrary<unknown>> = {
  'port.allocated': ofType('port.allocated', { range, owner: line(200), lease, exception, from: port }),
  'port.registered': ofType('port.registered', { range, owner: line(200), exception }),
  'port.described': ofType('port.described', { owner: line(200) }),
  'port.renewed': ofType('port.renewed', { lease }, ['lease']),
  'port.released': ofType('port.released', { to: port }),
};

/** Every event that format 1 allows. */
export const anyEvent = fc.oneof(...Object.values(BY_TYPE)) as fc.Arbitrary<PortEvent>;

function ofType(
  type: EventType,
  own: Record<string, fc.Arbitrary<unknown>>,
  required: string[] = [],
): fc.Arbitrary<unknown> {
  return fc.record(
    { ...envelope, type: fc.constant(type), ...own },
    { requiredKeys: [...always, ...required] as never[] },
  );
}
