import * as z from 'zod/mini';
import { maybeText, text } from '../../schema/parts.js';
import { ref } from '../parts.js';
import { sanitizeForModel } from '../sanitize.js';
import { tool } from '../tool.js';

export const whereAmI = tool({
  name: 'where_am_i',
  title: 'Where am I',
  description:
    'Registry, service, instance and ports that apply to the folder you work in, and any problems. Call this first.',
  writes: false,
  input: z.strictObject({}),
  output: z.strictObject({
    registry: z.strictObject({ path: text, url: maybeText, from: text }),
    project: maybeText,
    resource: maybeText,
    instance: maybeText,
    folder: text,
    ports: z.array(
      z.strictObject({
        ...ref,
        resource: text,
        name: text,
        variables: z.array(text),
        url: maybeText,
        listening: z.boolean(),
      }),
    ),
    findings: z.array(z.strictObject({ level: text, code: text, message: text, hint: maybeText })),
  }),
  async run(registry) {
    const { ports, findings, guess: _, claims: __, project, ...status } = await registry.status();
    return {
      ...status,
      project: sanitizeForModel(project?.id ?? null),
      ports: ports.map(({ port, protocol, resource, name, variables, url, listeners }) => ({
        port,
        protocol,
        resource,
        name,
        variables,
        url,
        listening: listeners.some(({ connected }) => !connected),
      })),
      findings: findings.map(({ level, code, message, hint }) => ({
        level,
        code,
        message: sanitizeForModel(message),
        hint: sanitizeForModel(hint),
      })),
    };
  },
});
