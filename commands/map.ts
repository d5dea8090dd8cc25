import { setTimeout as pause } from 'node:timers/promises';
import { openInBrowser } from '../src/cli/browser.js';
import { VportsCommand } from '../src/cli/command.js';
import { Flags, type Parsed } from '../src/cli/oclif.js';
import { readFlags } from '../src/cli/read-flags.js';
import type { ServedMap } from '../src/cli/served-map.js';
import { badUsage } from '../src/errors.js';
import type { Registry } from '../src/registry/registry.js';

/** In milliseconds. */
const INTERVAL = 2_000;

export default class PortMap extends VportsCommand {
  static override summary = 'Draw all ports and their whole history as one HTML file';
  static override description =
    'The file opens from disk and needs no network. It includes the leases of this machine only for the embedded registry. With --serve the page stays up to date and is served to this machine, at an unguessable address, until Ctrl-C.';
  static override examples = [
    'vports map --open',
    'vports map --out /tmp/ports.html --at 2026-11-01',
    'vports map --serve --open',
  ];
  static override flags = {
    ...readFlags,
    out: Flags.string({ description: 'file to write; default: ports.html', helpValue: 'FILE' }),
    open: Flags.boolean({ description: 'open it in the browser' }),
    serve: Flags.boolean({
      description: 'serve the page to this machine and keep it up to date, instead of writing a file',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(PortMap);
    if (flags.serve) return this.#serve(flags);
    await this.onRegistry(flags, async (registry) => {
      const mapped = await registry.map({ out: flags.out, at: flags.at });
      if (flags.open) await openInBrowser(mapped.path);
      const notes = [`events: ${mapped.events}, ports held: ${mapped.ports}`];
      const warnings = await registry.damages(undefined, flags);
      return { text: mapped.path, json: mapped, notes, warnings };
    });
  }

  async #serve(flags: Parsed<typeof PortMap>['flags']): Promise<void> {
    const vain = (['out', 'at'] as const).find((it) => flags[it] !== undefined);
    if (vain)
      throw badUsage(
        `--${vain} does not apply to --serve`,
        '--serve shows the current registry and writes no file',
      );
    const { serveMap } = await import('../src/cli/served-map.js');
    let served: ServedMap | undefined;
    let last: Awaited<ReturnType<Registry['mapPage']>> | undefined;
    for (;;) {
      await this.onRegistry(flags, async (registry) => {
        last = await registry.mapPage(last);
        const { page, events, ports } = last;
        if (served) {
          served.show(page);
          return {};
        }
        served = await serveMap(page);
        if (flags.open) await openInBrowser(served.file);
        const notes = [`events: ${events}, ports held: ${ports}; serving until Ctrl-C`];
        return { text: served.url, json: { url: served.url, events, ports }, notes };
      });
      await pause(INTERVAL);
    }
  }
}
