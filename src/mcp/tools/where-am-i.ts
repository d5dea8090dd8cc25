import * as z from 'zod/mini';
import type { ClaimedPort } from '../../registry/query/queries.js';
import { followedRequest, maybeText, text } from '../../schema/parts.js';
import { only, ref } from '../parts.js';
import { sanitizeForModel } from '../sanitize.js';
import { tool } from '../tool.js';

const portHere = z.strictObject({
  ...ref,
  resource: text,
  name: text,
  variables: z.array(text),
  url: maybeText,
  listening: z.boolean(),
});
const finding = z.strictObject({ level: text, code: text, message: text, hint: maybeText });

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
    ports: z.array(portHere),
    requests: z.array(z.extend(followedRequest, { branch: text })),
    findings: z.array(finding),
  }),
  async run(registry) {
    const { ports, findings, guess: _, claims, project, ...status } = await registry.status();
    return {
      ...status,
      project: sanitizeForModel(project?.id ?? null),
      ports: ports.map((it) =>
        only(portHere, { ...it, listening: it.listeners.some(({ connected }) => !connected) }),
      ),
      requests: requestsOf(claims),
      findings: findings.map(({ message, hint, ...it }) =>
        only(finding, { ...it, message: sanitizeForModel(message), hint: sanitizeForModel(hint) }),
      ),
    };
  },
});

/** A branch with claims on several ports has one request. */
function requestsOf(claims: ClaimedPort[]) {
  const byBranch = new Map(claims.flatMap(({ branch, request }) => (request ? [[branch, request]] : [])));
  return [...byBranch].map(([branch, request]) => ({
    ...request,
    branch: sanitizeForModel(branch),
    url: sanitizeForModel(request.url),
  }));
}
