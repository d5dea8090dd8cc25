import { VportsCommand } from '../src/cli/command.js';
import { EXIT_CODES } from '../src/errors.js';
import { renderEvent } from '../src/render/events.js';
import { renderClaims, renderRequests } from '../src/render/ports.js';

export default class Sync extends VportsCommand {
  static override summary = 'Fetch changes, and push branches that were committed offline';
  static override description =
    'Commands that write fetch by themselves; commands that read use what was fetched last. If a branch that was committed offline cannot be pushed, the exit code is that of the reason.';
  static override examples = ['<%= config.bin %> sync'];

  async run(): Promise<void> {
    const { flags } = await this.parse(Sync);
    await this.onRegistry(flags, async (registry) => {
      const json = await registry.sync();
      const { pulled, pushed, deleted, said, stuck, requests, claims, warnings } = json;
      const text = pulled
        .map((event) => renderEvent({ ...event, log: 'registry', commit: null, merge: null }))
        .join('\n');
      const notes = [
        ...(pulled.length + claims.length + requests.length === 0 ? ['nothing new'] : []),
        ...renderClaims(claims),
        ...pushed.map((branch) => `pushed ${branch} to ${registry.remote}`),
        ...deleted.map(
          (branch) => `deleted the branch ${branch} from ${registry.remote}: nothing of it is left to merge`,
        ),
        ...renderRequests(requests),
        ...said.map((line) => `remote: ${line}`),
      ];
      return { text, json, notes, warnings, exit: stuck[0] ? EXIT_CODES[stuck[0].code] : 0 };
    });
  }
}
