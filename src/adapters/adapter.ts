/** A program that does not read PORT, and how it is told its port instead. */
export interface Adapter {
  /** What it is called on a command line. */
  programs: readonly string[];
  /** What goes behind its arguments; undefined where it would serve nothing with those, like `vite build`. */
  flags(args: readonly string[], port: number): string[] | undefined;
  /** Options that set its port: with one of them it has been told already. */
  options: readonly string[];
  /** Whether the last of two such options holds: then one in a script of package.json is no obstacle. */
  lastHolds?: boolean;
}

/** The first argument that is no option, as most programs take the command they are to run. */
export function commandIn(args: readonly string[]): string | undefined {
  return args.find((it) => !it.startsWith('-'));
}
