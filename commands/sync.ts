import { VportsCommand } from '../src/cli/command.js';
import { renderEvent } from '../src/render/events.js';

export default class Sync extends VportsCommand {
  static override summary = 'Fetch changes, and push branches that were committed offline';
  static override description =
    'Commands that write fetch by themselves; commands that read use what was fetched last.';
  static override examples = ['<%= config.bin %> sync'];

  async run(): Promise<void> {
    const { flags } = await this.parse(Sync);
    await this.onRegistry(flags, async (registry) => {
      const { pulled, pushed, warnings } = await registry.sync();
      const text = pulled
        .map((event) => renderEvent({ ...event, log: 'registry', commit: null, merge: null }))
        .join('\n');
      const story = [
        ...(pulled.length === 0 ? ['nothing new'] : []),
        ...pushed.map((branch) => `pushed ${branch} to ${registry.remote}`),
      ];
      return { text, json: { pulled, pushed, warnings }, story, warnings };
    });
  }
}
