/** Whether git accepts the name for a branch (git-check-ref-format(1)). */
export function isBranchName(text: string): boolean {
  const part = (it: string) => it !== '' && !it.startsWith('.') && !it.endsWith('.lock');
  return (
    text.length <= 250 &&
    text.split('/').every(part) &&
    !text.startsWith('-') &&
    !text.endsWith('.') &&
    text !== 'HEAD' &&
    text !== '@' &&
    !/\.\.|@\{|[\u0000- \u007f-\u009f~^:?*[\\\u2028\u2029\ufffd]|\p{Surrogate}/u.test(text)
  );
}

const HEADS = 'refs/heads/';

export function branchRef(name: string): string {
  return HEADS + name;
}

/** `refs/heads/main` to `main`; other refs stay as they are. */
export function branchName(ref: string): string {
  return ref.startsWith(HEADS) ? ref.slice(HEADS.length) : ref;
}
