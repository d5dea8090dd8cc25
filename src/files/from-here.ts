/** Shortens paths in a command to be relative to `cwd`: `vports docs web` for `vports docs /home/ada/shop/web`. */
export function fromHere(command: string, cwd: string): string {
  const below = command.replaceAll(cwd === '/' ? ' /' : `${cwd}/`, cwd === '/' ? ' ' : '');
  // Behind one of two commands is a comma.
  const isHere = (word: string) => word === cwd || word === `'${cwd}'`;
  return below
    .split(' ')
    .map((word) => (isHere(word) ? '.' : word.endsWith(',') && isHere(word.slice(0, -1)) ? '.,' : word))
    .join(' ');
}
