import { setTimeout as pause } from 'node:timers/promises';
import { openInBrowser } from '../src/cli/browser.js';
import { VportsCommand } from '../src/cli/command.js';
import { Flags } from '../src/cli/oclif.js';
import { readFlags } from '../src/cli/read-flags.js';
import type { ServedMap } from '../src/cli/served-map.js';
import { VportsError } from '../src/errors.js';

/** Between two looks at the registry, in milliseconds. */
const INTERVAL = 2_000;

export default class PortMap extends VportsCommand {
  static override summary = 'Draw all ports and their whole history as one HTML file';
  static override description =
    'The file needs no network and opens from disk. Leases of this machine are in it only where it is the embedded registry. With --serve the same page is kept current on this machine, under an address that nobody can guess, until Ctrl-C.';
  static override examples = [
    '<%= config.bin %> map --open',
    '<%= config.bin %> map --out /tmp/ports.html --at 2026-11-01',
    '<%= config.bin %> map --serve --open',
  ];
  static override flags = {
    ...readFlags,
    out: Flags.string({ description: 'where to write it; default: ports.html', helpValue: 'FILE' }),
    open: Flags.boolean({ description: 'show it in the browser' }),
    serve: Flags.boolean({ description: 'write no file: serve it to this machine, and keep it current' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(PortMap);
    if (flags.serve) return this.#serve(flags);
    await this.onRegistry(flags, async (registry) => {
      const mapped = await registry.map({ out: flags.out, at: flags.at });
      if (flags.open) await openInBrowser(mapped.path);
      const story = [`events: ${mapped.events}, ports held: ${mapped.ports}`];
      const warnings = await registry.damages(undefined, flags);
      return { text: mapped.path, json: mapped, story, warnings };
    });
  }

  async #serve(flags: {
    out?: string | undefined;
    at?: string | undefined;
    open: boolean;
    registry?: string | undefined;
    json: boolean;
    quiet: boolean;
  }): Promise<void> {
    const vain = (['out', 'at'] as const).find((it) => flags[it] !== undefined);
    if (vain)
      throw new VportsError('BAD_USAGE', `--${vain} means nothing with --serve`, {
        hint: 'what is served is the registry of now, and no file',
      });
    const { serveMap } = await import('../src/cli/served-map.js');
    let served: ServedMap | undefined;
    for (;;) {
      await this.onRegistry(flags, async (registry) => {
        const { page, events, ports } = await registry.mapPage();
        if (served) {
          served.show(page);
          return {};
        }
        served = await serveMap(page);
        if (flags.open) await openInBrowser(served.file);
        const story = [`events: ${events}, ports held: ${ports}; it is served until Ctrl-C`];
        return { text: served.url, json: { url: served.url, events, ports }, story };
      });
      await pause(INTERVAL);
    }
  }
}
