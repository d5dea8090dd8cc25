import { confirm } from '../../src/cli/confirm.js';
import { editText, keepText, textOfFile } from '../../src/cli/editor.js';
import { Flags } from '../../src/cli/oclif.js';
import { policyAnswer, policyWriteFlags, unlessChanged } from '../../src/cli/policy-answer.js';
import { registryCommand } from '../../src/cli/registry-command.js';
import { VportsError } from '../../src/errors.js';

const NAME = 'policy.json';

export default registryCommand({
  summary: 'Change the policy in your editor, in a commit',
  examples: [
    'vports policy edit',
    'vports import . --propose-policy > policy.json && vports policy edit --from policy.json',
  ],
  flags: {
    ...policyWriteFlags,
    from: Flags.string({ description: 'apply this file instead of opening an editor' }),
  },

  async answer(registry, { options }) {
    const before = (await registry.policy()).source;
    const write = (text: string) =>
      policyAnswer(registry, unlessChanged(before, text), 'change the policy', options);
    if (options.from !== undefined) return write(textOfFile(options.from));
    for (let text = editText(before, NAME); ; text = editText(text, NAME)) {
      try {
        const answer = await write(text);
        return answer.exit ? { ...answer, notes: [...(answer.notes ?? []), keptIn(text)] } : answer;
      } catch (error) {
        if (!(error instanceof VportsError)) throw error;
        if (await isEditedAgain(error)) continue;
        const { code, message, details } = error;
        throw new VportsError(code, message, { hint: keptIn(text), details, cause: error });
      }
    }
  },
});

async function isEditedAgain({ code, message }: VportsError): Promise<boolean> {
  if (code !== 'BAD_POLICY' || !process.stdin.isTTY || !process.stderr.isTTY) return false;
  return confirm(`${message}\nEdit it again?`);
}

function keptIn(text: string): string {
  const file = keepText(text, NAME);
  return `your text is in ${file}; fix it and run \`vports policy edit --from ${file}\``;
}
