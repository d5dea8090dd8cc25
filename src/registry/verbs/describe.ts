import { type Caller, resolveNames } from '../caller.js';
import { type Described, describe as decide } from '../decide/describe.js';
import { ofEach } from '../decide/matching-resources.js';
import { badProject, checkedOwner, checkedReason, requirePortChoice } from '../input.js';
import { isProjectId } from '../project/project-id.js';
import { type Common, type Outcome, outcomeOf } from '../write/outcome.js';
import { write } from '../write/write.js';

export interface DescribeOptions extends Common {
  port?: string | undefined;
  owner?: string | undefined;
  toProject?: string | undefined;
}

export async function describe(
  caller: Caller,
  names: string[],
  options: DescribeOptions,
): Promise<Outcome & { described: Described[] }> {
  const patterns = await resolveNames(caller, names, 'describe');
  const { toProject } = options;
  if (toProject !== undefined && !isProjectId(toProject)) throw badProject(toProject);
  const command = {
    port: options.port === undefined ? undefined : requirePortChoice(options.port),
    owner: checkedOwner(options.owner),
    toProject,
    reason: checkedReason(options.reason),
  };
  const written = await write(caller.logs, {
    decide: (view) => ofEach(view, patterns, (resource) => decide(view, { ...command, resource })),
    resources: patterns,
    dryRun: options.dryRun,
  });
  return { described: written.answer, ...(await outcomeOf(written, options)) };
}
