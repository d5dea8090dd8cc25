/** What git takes for the name of a branch (git-check-ref-format(1)). */
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

/** `refs/heads/main` of `main`. */
export function branchRef(name: string): string {
  return HEADS + name;
}

/** `main` of `refs/heads/main`; what is no branch stays as it is. */
export function branchName(ref: string): string {
  return ref.startsWith(HEADS) ? ref.slice(HEADS.length) : ref;
}
