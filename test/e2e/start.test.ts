import { join } from 'node:path';
import { expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { runner } from '../support/program.js';

/** Tells of every script that is started with compiled code whether V8 took it. */
const TELLING = `
const vm = require('node:vm');
vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options);
    process.stderr.write(\`\${require('node:path').basename(options.filename)} \${this.cachedDataRejected}\\n\`);
  }
};`;

test('given the node that built it, all of the program starts from the code that was compiled then', async () => {
  const home = temporaryFolder();
  const telling = put(join(home, 'telling.cjs'), TELLING);
  const run = runner(home, { nodeArgs: ['--require', telling] });
  const { stdout, stderr } = await run(['allocate', 'web']);
  expect(stdout).toMatch(/^\d+$/);
  expect(stderr.match(/^\S+\.cjs .*$/gm)).toEqual(['cli.cjs false', 'codec.cjs false']);
});

test('given compiled code of another node, the program compiles for itself', async () => {
  const home = temporaryFolder();
  const telling = put(join(home, 'telling.cjs'), TELLING);
  const run = runner(home, { nodeArgs: ['--max-lazy', '--require', telling] });
  const { stdout, stderr } = await run(['allocate', 'web']);
  expect(stdout).toMatch(/^\d+$/);
  expect(stderr.match(/^\S+\.cjs .*$/gm)).toEqual(['cli.cjs true', 'codec.cjs true']);
});
