import { VportsError, type Warning } from '../../errors.js';
import { nearest } from '../../nearest.js';
import {
  type Bounds,
  coveredByRanges,
  type Policy,
  type PolicyRange,
  parseBounds,
  rangeById,
  rangeFor,
  within,
} from '../../policy/policy.js';

/** Bounds to search for a port, with a label for messages. */
export interface RangeChoice extends Bounds {
  label: string;
}

/**
 * Where `--range ID` or `--range FROM-TO` grants a port: inside the policy's ranges.
 * Throws UNKNOWN_RANGE, BAD_RANGE (malformed or reversed), OUT_OF_RANGE.
 */
export function namedRange(policy: Policy, text: string): RangeChoice {
  const choice = boundsMeant(policy, text);
  if (coveredByRanges(policy, choice)) return choice;
  throw new VportsError('OUT_OF_RANGE', `${text} is outside the policy's ranges`, {
    hint: 'see `vports ranges`',
    details: { range: text },
  });
}

/**
 * The bounds meant by `--range ID` or `--range FROM-TO` where it asks what is held: outside of the policy's ranges too, as ports are
 * registered there on purpose. Throws UNKNOWN_RANGE, BAD_RANGE.
 */
export function boundsMeant(policy: Policy, text: string): RangeChoice {
  const byId = rangeById(policy, text);
  if (byId) return labelled(byId);
  if (!/^[0-9]/.test(text)) {
    const ids = policy.ranges.map((range) => range.id);
    const meant = nearest(text.slice(0, 80), ids);
    throw new VportsError('UNKNOWN_RANGE', `unknown range ${JSON.stringify(text.slice(0, 80))}`, {
      hint:
        meant === undefined
          ? `the ranges are ${ids.join(', ')}`
          : `did you mean ${meant}? see \`vports ranges\``,
      details: { range: text },
    });
  }
  const bounds = parseBounds(text);
  if (!bounds || bounds.from > bounds.to) {
    throw new VportsError('BAD_RANGE', `${JSON.stringify(text.slice(0, 80))} is not a range`, {
      hint: 'write FROM-TO, like 25000-25999, or the id of a range (see `vports ranges`)',
      details: { range: text },
    });
  }
  return { ...bounds, label: text };
}

/** The dynamic range to lease from; `text` is the user's choice. Throws BAD_RANGE for a static one. */
export function leaseRange(policy: Policy, text: string | undefined): RangeChoice {
  const dynamic = policy.ranges.filter((range) => range.dynamic && !range.reserved);
  if (dynamic.length === 0) {
    throw new VportsError('UNKNOWN_RANGE', 'the policy has no dynamic range to take leases from', {
      hint: 'set `"dynamic": true` on a range in policy.json',
    });
  }
  if (text === undefined) return labelled(dynamic[0]!);
  const choice = namedRange(policy, text);
  if (dynamic.some((range) => within(range, choice.from) && within(range, choice.to))) return choice;
  throw new VportsError(
    'BAD_RANGE',
    `${text} is not inside a dynamic range; leases only come from dynamic ranges`,
    {
      hint: `the dynamic ranges are ${dynamic.map((range) => `${range.id} (${range.from}-${range.to})`).join(', ')}`,
      details: { range: text },
    },
  );
}

/** The first range whose patterns match the name, else the policy's default. */
export function usualRange(policy: Policy, resource: string): RangeChoice {
  return labelled(rangeFor(policy, resource) ?? rangeById(policy, policy.default)!);
}

/** The range asked for in service.json; falls back with a warning if the policy lacks it. */
export function wishedRange(
  wish: string | undefined,
  choose: (text: string) => RangeChoice,
  otherwise: RangeChoice,
): { range: RangeChoice; warning?: Warning | undefined } {
  if (wish === undefined) return { range: otherwise };
  try {
    return { range: choose(wish) };
  } catch (error) {
    if (!(error instanceof VportsError)) throw error;
    const message = `service.json asks for the range ${wish}: ${error.message}; taken from ${otherwise.label} instead`;
    return { range: otherwise, warning: error.asWarning(message) };
  }
}

export function labelled(range: PolicyRange): RangeChoice {
  return { from: range.from, to: range.to, label: range.id };
}
