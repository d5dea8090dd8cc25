export interface Fault {
  kind: string;
  /** Whose calls fail: those of vports, or of the git it starts. */
  within: 'vports' | 'git';
  call: string;
  /** The number of that call in its thread, from 1. */
  at: number;
  /** What the system answers, or SIGKILL. */
  fault: string;
  line: string;
}
export const KINDS: string[];
export function prepare(kind: string): Promise<string>;
export function placesOf(
  kind: string,
  template: string,
  options?: { within?: 'vports' | 'git' },
): Promise<Fault[]>;
export function tryFault(
  template: string,
  fault: Fault,
): Promise<{ status: number | 'missed'; wrong: string[] }>;
