import { registryCommand } from '../src/cli/registry-command.js';
import { EXIT_CODES } from '../src/errors.js';
import { renderEvent } from '../src/render/events.js';
import { renderClaims, renderRequests } from '../src/render/ports.js';

export default registryCommand({
  summary: 'Fetch changes, and push branches that were committed offline',
  description:
    'Commands that write fetch by themselves; commands that read use what was fetched last. If a branch that was committed offline cannot be pushed, the exit code is that of the reason.',
  examples: ['vports sync'],
  async answer(registry) {
    const json = await registry.sync();
    const { pulled, pushed, deleted, said, stuck, requests, claims, warnings } = json;
    const text = pulled.map((event) => renderEvent(event)).join('\n');
    const notes = [
      ...(pulled.length + claims.length + requests.length + deleted.length === 0 ? ['nothing new'] : []),
      ...renderClaims(claims),
      ...pushed.map((branch) => `pushed ${branch} to ${registry.remote}`),
      ...deleted.map(
        (branch) => `deleted the branch ${branch} from ${registry.remote}: nothing of it is left to merge`,
      ),
      ...renderRequests(requests),
      ...said.map((line) => `remote: ${line}`),
    ];
    return { text, json, notes, warnings, exit: stuck[0] ? EXIT_CODES[stuck[0].code] : 0 };
  },
});
