/** What of oclif is used at every start. Its index loads semver to look at node, and its Command the loader of plugins. */
import type { ArgInput, FlagInput, InferredArgs, InferredFlags } from '@oclif/core/interfaces';

export * as Args from '@oclif/core/args';
export * as Flags from '@oclif/core/flags';
export { parse } from '@oclif/core/parser';

/** What a command declares of its arguments and flags. */
export interface Declared {
  args: ArgInput;
  flags: FlagInput;
  strict: boolean;
}

/** The same as they were given, and the arguments also in their order. */
export interface Parsed<C extends Declared> {
  args: InferredArgs<C['args']>;
  flags: InferredFlags<C['flags']> & {
    registry?: string | undefined;
    json: boolean;
    quiet: boolean;
    pager: boolean;
  };
  argv: string[];
}
