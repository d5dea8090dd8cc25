/** What a signature is worth. */
export type Verdict =
  | { is: 'signed'; key: string }
  | { is: 'unsigned' }
  /** It is sound, and by a key that nobody allowed. */
  | { is: 'unknown'; why: string; key: string }
  /** `key` is missing where the signature names none. */
  | { is: 'bad'; why: string; key?: string };
