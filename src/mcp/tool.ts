import type * as z from 'zod/mini';
import type { Registry } from '../registry/registry.js';

/** Something that an agent can ask of the registry, or have done. */
export interface Tool {
  name: string;
  title: string;
  description: string;
  input: z.ZodMiniObject;
  output: z.ZodMiniObject;
  /** Whether it changes anything; left out where the server only reads. */
  writes: boolean;
  /** Whether what it changes is lost to somebody. */
  destroys?: true;
  run(registry: Registry, args: never): Promise<Record<string, unknown>>;
}

/** A tool with its arguments typed as its input says. */
export function tool<Input extends z.ZodMiniObject>(
  it: Omit<Tool, 'run' | 'input'> & {
    input: Input;
    run(registry: Registry, args: z.infer<Input>): Promise<Record<string, unknown>>;
  },
): Tool {
  return it as unknown as Tool;
}
