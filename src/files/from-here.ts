/** Shortens paths in a command to be relative to `cwd`: `vports docs web` for `vports docs /home/ada/shop/web`. */
export function fromHere(command: string, cwd: string): string {
  const below = command.replaceAll(cwd === '/' ? ' /' : `${cwd}/`, cwd === '/' ? ' ' : '');
  return below
    .split(' ')
    .map((word) => (word === cwd || word === `'${cwd}'` ? '.' : word))
    .join(' ');
}
