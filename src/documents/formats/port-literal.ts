import { parsePortNumber } from '../../../events/port.js';

/** A number, a variable, or a variable with a number for when it is not set. */
export interface PortLiteral {
  port?: number;
  /** Within the text that was read. */
  digits?: { offset: number; length: number };
  variable?: string;
  /** Whether the number is what holds where the variable is not set. */
  fallback?: true;
}

/**
 * `8080`, `"8080"`, `${API_PORT}`, `${API_PORT:-8090}`, `${API_PORT-8090}`: as shells and compose have them. Undefined for
 * anything else, and for numbers that are no ports. `offset` is where the text stands in its document.
 */
export function portLiteralIn(text: string, offset = 0): PortLiteral | undefined {
  const bare = /^(["']?)(\d+)\1$/.exec(text);
  if (bare) return numbered(bare[2]!, offset + bare[1]!.length);
  const template = /^(["']?)\$\{?([A-Za-z_][A-Za-z0-9_]*)(?::?[-=?]([^}]*))?\}?\1$/.exec(text);
  if (!template) return undefined;
  const [, , variable = '', fallback = ''] = template;
  if (!/^\d+$/.test(fallback)) return { variable };
  const numeral = numbered(fallback, offset + text.lastIndexOf(fallback));
  return { variable, ...(numeral && { ...numeral, fallback: true }) };
}

/** Every `${VARIABLE:-NUMBER}` in a text, wherever it stands. */
export function fallbacksIn(text: string): Required<PortLiteral>[] {
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
