import type { ArgInput, FlagInput } from '@oclif/core/interfaces';
import type { Registry } from '../registry/registry.js';
import { type Answer, VportsCommand } from './command.js';
import type { Declared, Parsed } from './oclif.js';

/** A flag as its verb calls it: `onConflict` of `--on-conflict`. */
type Called<Flag> = Flag extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<Called<Rest>>}`
  : Flag;
type Options<Flags> = { [Flag in keyof Flags as Called<Flag>]: Flags[Flag] };

/** The flags as options of a verb, which takes those that it knows. */
function optionsOf<Flags extends object>(flags: Flags): Options<Flags> {
  const named = Object.entries(flags).map(([flag, value]) => [
    flag.replace(/-./g, (it) => it[1]!.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(named);
}

/** `options` are the flags, by the names that verbs have for them. */
interface Asked<C extends Declared> extends Parsed<C> {
  options: Options<Parsed<C>['flags']>;
}

/** A command that only asks a registry. */
export function registryCommand<Args extends ArgInput, Flags extends FlagInput, More extends object>({
  before,
  answer,
  ...declared
}: {
  summary: string;
  description?: string;
  examples: string[];
  args?: Args;
  flags?: Flags;
  /** False if more arguments than declared may follow. */
  strict?: false;
  /** Adds to what is asked, or refuses it, before the registry is opened. */
  before?(asked: Asked<{ args: Args; flags: Flags; strict: boolean }>): More | undefined;
  answer(
    registry: Registry,
    asked: Asked<{ args: Args; flags: Flags; strict: boolean }> & More,
  ): Promise<Answer> | Answer;
}) {
  const { args = {} as Args, flags = {} as Flags, strict = true } = declared;
  class RegistryCommand extends VportsCommand {
    async run(): Promise<void> {
      const parsed = await this.parse({ args, flags, strict });
      const read = { ...parsed, options: optionsOf(parsed.flags) };
      const asked = { ...read, ...(before?.(read) as More) };
      await this.onRegistry(asked.flags, async (registry) => answer(registry, asked));
    }
  }
  return Object.assign(RegistryCommand, declared);
}
