export type MergeButton = 'merge' | 'squash' | 'rebase' | 'update';
export function pressButton(
  path: string,
  how: MergeButton,
  about: { branch: string; base: string; seconds?: number },
): boolean;
