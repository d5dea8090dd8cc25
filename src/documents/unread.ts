/** A document that could not be read: where, and why. */
export interface Unread {
  file: string;
  line: number | null;
  why: string;
}
