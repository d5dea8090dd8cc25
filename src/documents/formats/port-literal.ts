import { parsePortNumber } from '../../../events/port.js';

/** A number, a variable, or a variable with a number for when it is not set. */
export interface PortLiteral {
  port?: number;
  /** Within the text that was read. */
  digits?: { offset: number; length: number };
  variable?: string;
  /** Those that are asked where it is not set. */
  otherVariables?: string[];
  /** Whether the number is what holds where the variable is not set. */
  fallback?: true;
}

/**
 * `8080`, `"8080"`, `${API_PORT}`, `$API_PORT`, `${API_PORT:-8090}`, `${API_PORT-8090}`, `${A:-${B:-8090}}`: as shells and compose have
 * them. Undefined for anything else, and for numbers that are no ports. `offset`: position of the text in its document.
 */
export function portLiteralIn(text: string, offset = 0): PortLiteral | undefined {
  const quote = /^(["']).*\1$/s.test(text) ? 1 : 0;
  return literal(quote ? text.slice(1, -1) : text, offset + quote, 0);
}

/** The same for what may be no port: then `wish` is what it says instead, as written without `quotes`. */
export function literalOrWish(text: string, offset: number): PortLiteral & { wish?: string } {
  const found = portLiteralIn(text, offset);
  return found?.port === undefined ? { ...found, wish: text.replace(/["']/g, '') } : found;
}

/** Deeper than people nest them. */
const DEEPEST = 4;

function literal(text: string, offset: number, depth: number): PortLiteral | undefined {
  if (/^\d+$/.test(text)) return numbered(text, offset);
  const plain = /^\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?$/.exec(text);
  if (plain) return { variable: plain[1]! };
  const [, before = '', variable = '', fallback = ''] =
    /^(\$\{([A-Za-z_][A-Za-z0-9_]*):?[-=?])(.*)\}$/s.exec(text) ?? [];
  if (variable === '') return undefined;
  const inner = depth < DEEPEST ? literal(fallback, offset + before.length, depth + 1) : undefined;
  if (!inner) return { variable };
  const others = [inner.variable, ...(inner.otherVariables ?? [])].filter((it) => it !== undefined);
  return {
    variable,
    ...(others.length > 0 && { otherVariables: others }),
    ...(inner.port !== undefined && { port: inner.port, digits: inner.digits!, fallback: true }),
  };
}

/** Every `${VARIABLE:-NUMBER}` in a text. */
export function fallbacksIn(
  text: string,
): (PortLiteral & Required<Pick<PortLiteral, 'port' | 'digits' | 'variable'>>)[] {
  return [...text.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*):?-(\d+)\}/g)].flatMap((match) => {
    const [whole, variable = '', digits = ''] = match;
    const numeral = numbered(digits, match.index + whole.length - 1 - digits.length);
    return numeral ? [{ variable, ...numeral, fallback: true as const }] : [];
  });
}

function numbered(
  digits: string,
  offset: number,
): Required<Pick<PortLiteral, 'port' | 'digits'>> | undefined {
  const port = parsePortNumber(digits);
  return port === undefined ? undefined : { port, digits: { offset, length: digits.length } };
}

/** The ports of `3000-3005`, at most a thousand; undefined for what is no range. */
export function portRangeIn(text: string): number[] | undefined {
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  const size = Number(to) - Number(from) + 1;
  if (from === undefined || size < 1 || size > 1_000 || Number(from) < 1 || Number(to) > 65_535)
    return undefined;
  return Array.from({ length: size }, (_, index) => Number(from) + index);
}
