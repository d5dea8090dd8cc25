import { oneLine } from '../control-characters.js';
import type { Verdict } from '../log/verdict.js';

/** `signed`, or what is wrong with a signature. */
export function signatureInWords(verdict: Verdict): string {
  if (verdict.is === 'signed' || verdict.is === 'unsigned') return verdict.is;
  return `${verdict.is === 'bad' ? 'badly signed' : 'signed by a stranger'}: ${oneLine(verdict.why)}`;
}
