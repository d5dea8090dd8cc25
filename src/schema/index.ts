/** The answers and files of vports as JSON Schema. */

import * as z from 'zod/mini';
import { policySchema } from '../policy/policy-file.js';
import { ANSWERS } from './answers.js';
import { projectFile, serviceJson } from './files.js';
import { error, event } from './parts.js';

export { ANSWERS } from './answers.js';

const FILES: Record<string, z.ZodMiniType> = {
  event,
  policy: policySchema,
  'vports.json': projectFile,
  'service.json': serviceJson,
};

export const failure = z.strictObject({ error });

export const SCHEMA_NAMES = [...Object.keys(FILES), ...Object.keys(ANSWERS)];

/** The JSON Schema (draft 2020-12) of a file, or of the answer or failure of a command. Undefined for an unknown name. */
export function jsonSchemaOf(name: string): object | undefined {
  if (Object.hasOwn(FILES, name)) return asJsonSchema(FILES[name]!, name, 'input');
  if (!Object.hasOwn(ANSWERS, name)) return undefined;
  const answer = ANSWERS[name as keyof typeof ANSWERS];
  return asJsonSchema(z.union([answer, failure]), `the answer of vports ${name} --json`, 'output');
}

/** Answers stay open for keys that later versions may add. */
function asJsonSchema(schema: z.ZodMiniType, title: string, io: 'input' | 'output'): object {
  const json = z.toJSONSchema(schema, {
    unrepresentable: 'any',
    io,
    override: ({ jsonSchema }) => {
      // For a record it is the schema of the values.
      if (io === 'output' && jsonSchema.additionalProperties === false)
        delete jsonSchema.additionalProperties;
    },
  });
  const { $schema, ...rest } = json;
  return { $schema, title, ...rest };
}
