import { VportsCommand } from '../src/cli/command.js';
import { Flags } from '../src/cli/oclif.js';
import { diagnose } from '../src/registry/verbs/doctor.js';
import { renderFindings } from '../src/render/findings.js';

export default class Doctor extends VportsCommand {
  static override summary = 'Find problems of the registry, and hazards to its ports on this machine';
  static override description =
    'Checks for overlaps with ephemeral and other ranges, the setup of the registry, locks and unfinished writes of killed processes, your git identity, and old caches. With --fix, removes leftovers that provably no process uses. Exits 1 if a problem remains.';
  static override examples = ['vports doctor', 'vports doctor --fix'];
  static override flags = {
    fix: Flags.boolean({ description: 'remove leftovers of killed processes and old versions' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    const json = await diagnose({ path: flags.registry, cwd: process.cwd() }, flags);
    const left = json.findings.some(({ level, fixed }) => level === 'problem' && !fixed);
    this.print({ text: renderFindings(json), json, exit: left ? 1 : 0 }, flags);
  }
}
