import { text } from 'node:stream/consumers';
import { Flags } from '../src/cli/oclif.js';
import { registryCommand } from '../src/cli/registry-command.js';

export default registryCommand({
  summary: 'Verify that the registry is intact and follows all rules',
  description:
    'With --base, checks only what the branch adds: the gate for pull requests. With --hook, checks every push to a host that runs hooks. Exits 1 on problems.',
  examples: [
    'vports verify',
    'vports verify --base origin/main',
    'vports verify --base main --at topic',
    'vports verify --signed',
  ],
  flags: {
    base: Flags.string({ description: 'the branch to merge into' }),
    signed: Flags.boolean({
      description: 'require a signature by one of allowed_signers on every event or its commit',
    }),
    at: Flags.string({ description: 'the branch or commit to verify; default: HEAD' }),
    hook: Flags.option({ options: ['pre-receive'] as const })({
      description: 'in that hook of a bare repository: refuse a push that changes what the shared branch has',
      exclusive: ['base', 'at', 'signed'],
    }),
  },
  before: ({ flags: { at, ...flags } }) => ({ flags: { ...flags, at: undefined }, head: at }),
  async answer(registry, { flags, head }) {
    const json = flags.hook
      ? await registry.verifyPush(await text(process.stdin))
      : await registry.verify({ base: flags.base, head, signed: flags.signed });
    const { events, streams, commits } = json.checked;
    const found = json.ok
      ? `OK: ${counted(events, 'event')}, ${counted(streams, 'port')}, ${counted(commits, 'commit')}`
      : json.problems.map(({ code, path, message }) => `${code} ${path}: ${message}`).join('\n');
    return { text: found, json, warnings: json.warnings, exit: json.ok ? 0 : 1, verdict: json.ok };
  },
});

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
