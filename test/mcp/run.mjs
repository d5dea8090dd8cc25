/**
 * Programs that others have made to try servers of the Model Context Protocol, against `vports mcp`: the inspector's command line, and
 * those scenarios of the conformance package that are about no server of its own. Both need Node 22.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const PACKAGES = [
  `node-${process.platform}-${process.arch}@22`,
  '@modelcontextprotocol/inspector@2.12.0',
  '@modelcontextprotocol/conformance@0.1.16',
];
/** The others call tools, resources and prompts by names that only a server made for them has. */
const SCENARIOS = ['server-initialize', 'ping', 'tools-list', 'resources-list', 'dns-rebinding-protection'];

const program = resolve('dist/vports.cjs');
const folder = mkdtempSync(join(tmpdir(), 'vports-mcp-'));
try {
  writeFileSync(join(folder, 'package.json'), '{}');
  execFileSync(
    'npm',
    ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--force', ...PACKAGES],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const bin = join(folder, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin');
  const home = join(folder, 'home');
  const shop = join(home, 'shop');
  mkdirSync(shop, { recursive: true });
  writeFileSync(join(shop, 'package.json'), '{"name": "shop"}');
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: home,
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.com',
  };
  const node = join(bin, 'node');
  inspect(node, { env, cwd: shop });
  await conform(node, { env, cwd: shop });
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function inspect(node, options) {
  const cli = join(folder, 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js');
  const ask = (...args) => {
    const { status, stdout, stderr } = spawnSync(
      node,
      [cli, '--cli', process.execPath, program, 'mcp', ...args],
      {
        encoding: 'utf8',
        ...options,
      },
    );
    assert.equal(status, 0, `the inspector failed: ${stderr}${stdout}`);
    return JSON.parse(stdout);
  };
  const { tools } = ask('--method', 'tools/list');
  assert.ok(tools.length > 0 && tools.length <= 9);
  const granted = ask('--method', 'tools/call', '--tool-name', 'allocate', '--tool-arg', 'reason=tried');
  const [{ port }] = granted.structuredContent.ports;
  assert.ok(port >= 20_000 && port <= 49_999);
  const { contents } = ask('--method', 'resources/read', '--uri', 'vports://ports');
  assert.match(contents[0].text, new RegExp(`^\\| ${port}/tcp \\| shop \\|`, 'm'));
  console.log(`the inspector lists ${tools.length} tools, and was given ${port}`);
}

async function conform(node, options) {
  const bridge = spawn(process.execPath, [resolve('test/mcp/http-bridge.mjs'), program, options.cwd], {
    env: options.env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [url] = await once(bridge.stdout.setEncoding('utf8'), 'data');
  const cli = join(folder, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
  try {
    for (const scenario of SCENARIOS) {
      const { status, stdout, stderr } = spawnSync(
        node,
        [cli, 'server', '--url', url.trim(), '--scenario', scenario],
        {
          encoding: 'utf8',
          ...options,
        },
      );
      assert.equal(status, 0, `${scenario} failed: ${stdout}${stderr}`);
      console.log(`conformance: ${scenario} passes`);
    }
  } finally {
    bridge.stdin.end();
  }
}
