import { findNodeAtLocation, type Node, type ParseError, parseTree } from 'jsonc-parser';
import * as z from 'zod/mini';
import { VportsError } from '../errors.js';
import { jsonProblem } from '../json-problem.js';
import { parseDuration } from './duration.js';
import { shallow } from './json-depth.js';
import {
  type Bounds,
  CHANGE_RULES,
  FORMAT,
  HOST_KINDS,
  type Policy,
  type PolicyRange,
  parseBounds,
  README_RULES,
  rangeById,
  SIGNATURE_RULES,
  within,
} from './policy.js';
import { POLICY_PATH } from './policy-path.js';
import { invalidValue, unknownKey } from './policy-problem.js';

const PORT = 'must be a whole number from 1 to 65535';
const port = z.int(PORT).check(z.gte(1, PORT), z.lte(65535, PORT));
const WORD = 'must be one word of lower-case letters, digits and dashes';
const word = z.string(WORD).check(z.regex(/^[a-z0-9][a-z0-9-]{0,62}$/, WORD));
const TEXT = 'must be a line of 1 to 200 characters';
const text = z
  .string(TEXT)
  .check(z.minLength(1, TEXT), z.maxLength(200, TEXT), z.regex(/^[^\u0000-\u001f\u007f-\u009f]*$/, TEXT));
const SUBJECT = 'must have {subject} in it once, like "chore(ports): {subject}"';
const subject = text.check(z.regex(/^(?:(?!\{subject\}).)*\{subject\}(?:(?!\{subject\}).)*$/, SUBJECT));
const PATTERN = 'must be a pattern like postgres*';
const pattern = z.string(PATTERN).check(z.regex(/^[a-z0-9._*?-]{1,64}$/, PATTERN));
/** The longest lease in milliseconds: an end after the year 9999 could not be written. */
const LONGEST = 366 * 86_400_000;
const TIME = 'must be a time like 2h, at most 366d';
const duration = z.string(TIME).check(z.refine((it) => (parseDuration(it) ?? LONGEST + 1) <= LONGEST, TIME));
const BOUNDS = 'must be like "1-9999" or "8080"';
const bounds = z.string(BOUNDS).check(z.refine((it) => parseBounds(it) !== undefined, BOUNDS));
const ID = 'must be a ULID: 26 characters like 01KDA7V6Q5M3W8Z2T4R6Y8B0CD';
const yesOrNo = z.boolean('must be true or false');
const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values, `must be ${values.map((it) => JSON.stringify(it)).join(' or ')}`);
const object = 'must be an object: {…}';
const list = 'must be a list: […]';

/** The schema of policy.json; contradictions between its parts are checked separately. */
export const policySchema = z.strictObject(
  {
    $schema: z.optional(z.string('must be the address of a schema')),
    format: z.literal(FORMAT, `must be ${FORMAT}`),
    id: z.optional(z.string(ID).check(z.regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, ID))),
    ranges: z
      .array(
        z.strictObject(
          {
            id: word,
            title: text,
            group: text,
            from: port,
            to: port,
            dynamic: z.optional(yesOrNo),
            reserved: z.optional(yesOrNo),
            match: z.optional(z.array(pattern, list)),
            owner: z.optional(text),
          },
          object,
        ),
        list,
      )
      .check(z.minLength(1, 'must have at least one range')),
    default: word,
    reserved: z.array(bounds, list),
    lease: z.strictObject({ default: duration, max: duration }, object),
    changes: z.optional(oneOf(CHANGE_RULES)),
    signatures: z.optional(oneOf(SIGNATURE_RULES)),
    host: z.optional(oneOf(HOST_KINDS)),
    commits: z.optional(z.strictObject({ subject }, object)),
    documents: z.optional(z.strictObject({ readme: z.optional(oneOf(README_RULES)) }, object)),
  },
  object,
);

/** Parses the text of `policy.json`. Throws BAD_POLICY with file and line, and LOG_TOO_NEW for a newer format. */
export function parsePolicy(text: string, path = POLICY_PATH): Policy {
  // Some editors on Windows write a byte order mark.
  const source = text.replace(/^\uFEFF/, '');
  const errors: ParseError[] = [];
  const root = shallow(source) ? parseTree(source, errors, { disallowComments: true }) : undefined;
  const lineOf = (offset: number) => source.slice(0, offset).split('\n').length;
  const bad = (offset: number, message: string) => {
    const line = lineOf(offset);
    return new VportsError('BAD_POLICY', `${path}:${line}: ${message}`, {
      hint: `fix ${path} and run \`vports policy check\``,
      details: { file: path, line },
    });
  };
  const where = (at: PropertyKey[]) => nearestNode(root, at)?.offset ?? 0;

  const noJson = (offset: number, message: string) => {
    const error = bad(offset, message);
    error.details.isInvalidJson = true;
    return error;
  };
  if (!shallow(source)) throw noJson(0, 'nested too deeply');
  const syntax = errors[0];
  if (syntax) throw noJson(syntax.offset, jsonProblem(syntax.error));
  const value: unknown = JSON.parse(source);
  refuseNewerFormat(value, path);
  const parsed = policySchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const keys = issue.code === 'unrecognized_keys' ? [issue.keys[0]!] : [];
    const at = [...issue.path, ...keys];
    throw bad(where(at), keys.length > 0 ? unknownKey(value, at) : invalidValue(value, at, issue.message));
  }

  const policy: Policy = {
    format: parsed.data.format,
    ...(parsed.data.id !== undefined && { id: parsed.data.id }),
    ranges: parsed.data.ranges.map(
      (range) => ({ dynamic: false, reserved: false, match: [], ...range }) as PolicyRange,
    ),
    default: parsed.data.default,
    reserved: parsed.data.reserved.map((it) => parseBounds(it)!),
    lease: { default: parseDuration(parsed.data.lease.default)!, max: parseDuration(parsed.data.lease.max)! },
    documents: { readme: parsed.data.documents?.readme ?? 'where-present' },
    changes: parsed.data.changes ?? 'direct',
    signatures: parsed.data.signatures ?? 'accepted',
    ...(parsed.data.host !== undefined && { host: parsed.data.host }),
    ...(parsed.data.commits && { commits: parsed.data.commits }),
  };
  for (const problem of contradictions(policy)) throw bad(where(problem.at), problem.message);
  return policy;
}

function* contradictions(policy: Policy): Generator<{ at: PropertyKey[]; message: string }> {
  const reversed = (it: Bounds) => it.from > it.to;
  for (const [index, range] of policy.ranges.entries()) {
    const at = ['ranges', index];
    if (reversed(range)) {
      yield {
        at: [...at, 'to'],
        message: `range ${range.id} ends (${range.to}) before it starts (${range.from})`,
      };
    }
    const before = policy.ranges.slice(0, index);
    if (before.some((other) => other.id === range.id)) {
      yield { at: [...at, 'id'], message: `duplicate range id ${range.id}` };
    }
    const other = before.find(
      (it) => within(it, range.from) || within(it, range.to) || within(range, it.from),
    );
    if (other) {
      const message = `range ${range.id} (${range.from}-${range.to}) overlaps ${other.id} (${other.from}-${other.to})`;
      yield { at: [...at, 'from'], message };
    }
  }
  for (const [index, it] of policy.reserved.entries()) {
    if (reversed(it))
      yield {
        at: ['reserved', index],
        message: `reserved ports end (${it.to}) before they start (${it.from})`,
      };
  }
  const fallback = rangeById(policy, policy.default);
  if (!fallback) yield { at: ['default'], message: `default: there is no range ${policy.default}` };
  if (fallback?.reserved) yield { at: ['default'], message: `default: range ${policy.default} is reserved` };
  if (policy.lease.default > policy.lease.max) {
    yield { at: ['lease', 'default'], message: 'lease.default is longer than lease.max' };
  }
}

function refuseNewerFormat(value: unknown, path: string): void {
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined;
  if (typeof format === 'number' && format > FORMAT) {
    throw new VportsError(
      'LOG_TOO_NEW',
      `${path} has format ${format}; this vports reads formats up to ${FORMAT}`,
      {
        hint: 'upgrade vports on this machine',
        details: { format, supported: FORMAT },
      },
    );
  }
}

function nearestNode(root: Node | undefined, at: PropertyKey[]): Node | undefined {
  if (!root) return undefined;
  for (let length = at.length; length >= 0; length--) {
    const node = findNodeAtLocation(
      root,
      at.slice(0, length).map((key) => (typeof key === 'symbol' ? '' : key)),
    );
    if (node) return node.parent?.type === 'property' ? node.parent : node;
  }
  return root;
}
