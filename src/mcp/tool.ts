import type * as z from 'zod/mini';
import type { Registry } from '../registry/registry.js';

export interface Tool {
  name: string;
  title: string;
  description: string;
  input: z.ZodMiniObject;
  output: z.ZodMiniObject;
  /** Such tools are left out of a read-only server. */
  writes: boolean;
  destroys?: true;
  run(registry: Registry, args: never): Promise<Record<string, unknown>>;
}

/** Types the arguments of `run` by `input`. */
export function tool<Input extends z.ZodMiniObject>(
  it: Omit<Tool, 'run' | 'input'> & {
    input: Input;
    run(registry: Registry, args: z.infer<Input>): Promise<Record<string, unknown>>;
  },
): Tool {
  return it as unknown as Tool;
}
