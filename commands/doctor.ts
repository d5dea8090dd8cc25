import { VportsCommand } from '../src/cli/command.js';
import { Flags } from '../src/cli/oclif.js';
import { diagnose } from '../src/registry/verbs/doctor.js';
import { renderFindings } from '../src/render/findings.js';

export default class Doctor extends VportsCommand {
  static override summary =
    'Look for what is wrong with the registry, or endangers its ports on this machine';
  static override description =
    "Ephemeral and other ranges that overlap, the set-up of the registry, locks and half-done writes of killed processes, your git identity, old caches. With --fix, what is provably nobody's is removed. Exit 1 where a problem is left.";
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor --fix'];
  static override flags = {
    fix: Flags.boolean({ description: 'remove what killed processes and old versions left' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    const json = await diagnose({ path: flags.registry, cwd: process.cwd() }, flags);
    const left = json.findings.some(({ level, fixed }) => level === 'problem' && !fixed);
    this.print({ text: renderFindings(json), json, exit: left ? 1 : 0 }, flags);
  }
}
