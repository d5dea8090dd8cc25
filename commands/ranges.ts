import { VportsCommand } from '../src/cli/command.js';
import { readFlags } from '../src/cli/read-flags.js';
import { renderRanges } from '../src/render/ports.js';

export default class Ranges extends VportsCommand {
  static override summary = 'Show the ranges of the policy and how full each is';
  static override flags = readFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(Ranges);
    await this.onRegistry(flags, async (registry) => {
      const ranges = await registry.ranges(flags);
      return { text: renderRanges(ranges), json: { ranges } };
    });
  }
}
