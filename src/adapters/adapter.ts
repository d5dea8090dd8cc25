/** A program that does not read PORT, and the option that sets its port. */
export interface Adapter {
  programs: readonly string[];
  /** Arguments to append; undefined if it would not listen with those arguments, as `vite build`. */
  flags(args: readonly string[], port: number): string[] | undefined;
  /** Options that set its port: if one is given, none is added. */
  options: readonly string[];
  /** Whether the last of repeated options wins: then an option in a script of package.json can be overridden. */
  lastHolds?: boolean;
}

/** The first argument that is not an option: the subcommand of most programs. */
export function commandIn(args: readonly string[]): string | undefined {
  return args.find((it) => !it.startsWith('-'));
}
