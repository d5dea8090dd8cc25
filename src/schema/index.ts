/** The shapes of what vports answers, writes and reads, as JSON Schema. */

import * as z from 'zod/mini';
import { policySchema } from '../policy/policy-file.js';
import { ANSWERS } from './answers.js';
import { projectFile, serviceJson } from './files.js';
import { error, event } from './parts.js';

export { ANSWERS } from './answers.js';

/** Of files, by the names that `vports schema` takes for them. */
const FILES: Record<string, z.ZodMiniType> = {
  event,
  policy: policySchema,
  'vports.json': projectFile,
  'service.json': serviceJson,
};

/** What a failure is under `--json`, whatever the command. */
export const failure = z.strictObject({ error });

export const SCHEMA_NAMES = [...Object.keys(FILES), ...Object.keys(ANSWERS)];

/** The JSON Schema (draft 2020-12) of a name of SCHEMA_NAMES; of a command its answer, or a failure. Undefined for no such name. */
export function jsonSchemaOf(name: string): object | undefined {
  if (Object.hasOwn(FILES, name)) return asJsonSchema(FILES[name]!, name, 'input');
  if (!Object.hasOwn(ANSWERS, name)) return undefined;
  const answer = ANSWERS[name as keyof typeof ANSWERS];
  return asJsonSchema(z.union([answer, failure]), `the answer of vports ${name} --json`, 'output');
}

/** Answers may grow: whoever checks one by this must not stumble over a key that is new. */
function asJsonSchema(schema: z.ZodMiniType, title: string, io: 'input' | 'output'): object {
  const json = z.toJSONSchema(schema, {
    unrepresentable: 'any',
    io,
    override: ({ jsonSchema }) => {
      // That of a record says what its values are.
      if (io === 'output' && jsonSchema.additionalProperties === false)
        delete jsonSchema.additionalProperties;
    },
  });
  const { $schema, ...rest } = json;
  return { $schema, title, ...rest };
}
