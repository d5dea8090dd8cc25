import { pullRequestIn, type Tenancy } from '../query/tenancy.js';
import type { Logs } from './logs.js';

export async function withPullRequests(logs: Logs, holders: Tenancy[]): Promise<Tenancy[]> {
  const described: Tenancy[] = [];
  for (const holder of holders) {
    const commit = holder.merge ?? holder.commit;
    const { message } =
      commit === null ? { message: '' } : await (await logs.named(holder.log)).reader.commit(commit);
    described.push({ ...holder, pullRequest: pullRequestIn(message) ?? null });
  }
  return described;
}
