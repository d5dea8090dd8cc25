/**
 * Import of a tree of 1,000 services as one commit, and `docs --check` on it, against a plain walk that reads the same files. The
 * tree is checked three times: with nothing known of it, after somebody has taken a port, and once more.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createRegistry } from '../src/log/create/create.js';
import { machine, median, print, time, workFolder } from './measure.js';

const SERVICES = 1_000;
const RUNS = 5;
const folder = workFolder();
const program = resolve('dist/vports.cjs');
const tree = join(folder, 'tree');
const registries = Array.from({ length: RUNS + 1 }, (_, index) => join(folder, `ports-${index}.git`));
for (const path of registries) await createRegistry(path, { bare: true });

for (let index = 0; index < SERVICES; index++) {
  const service = join(tree, 'services', `service-${index}`);
  const port = 20_000 + index * 2;
  const ports = { ui: port, api: { port: port + 1, env_var: `SERVICE_${index}_API_PORT` } };
  mkdirSync(service, { recursive: true });
  const definition = { name: `service-${index}`, ports, dependencies: { resources: { postgres: true } } };
  writeFileSync(join(service, 'service.json'), `${JSON.stringify(definition, null, 2)}\n`);
  writeFileSync(
    join(service, 'README.md'),
    `# service-${index}\n\nThe UI is at http://localhost:${port}.\n${'It does one thing, and tells how.\n'.repeat(20)}`,
  );
  writeFileSync(join(service, '.env'), `SERVICE_${index}_API_PORT=${port + 1}\n`);
}

/** All that somebody would do who only wanted to have read it. */
const WALK = `
const fs = require('fs'), path = require('path');
const walk = (folder, read) => {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) walk(at, read);
    else read(entry.name, fs.readFileSync(at, 'utf8'));
  }
};`;

/** The least that git itself takes: nothing is checked, and its own importer makes the objects of 2,000 events that are told it. */
const FAST_IMPORT = `${WALK}
const told = ['commit refs/heads/told\\ncommitter A <a@example.com> 1700000000 +0000\\ndata 1\\nx\\n'];
const digits = (number, width) => String(number).padStart(width, '0');
const event = (resource, name, port) => {
  const text = JSON.stringify({
    v: 1, id: '01JD0000000000000000' + digits(told.length, 6), type: 'port.registered', protocol: 'tcp', port, version: 1,
    resource, name, by: { name: 'Ada Lovelace', email: 'ada@example.com', host: 'here' }, at: '2026-11-26T17:00:00.000Z',
    reason: 'imported from services/' + resource + '/service.json:4', prev: null,
  }, null, 2) + '\\n';
  const hundreds = 'tcp/' + digits(Math.floor(port / 1000), 2) + 'xxx/' + digits(Math.floor(port / 100), 3) + 'xx/';
  told.push('M 100644 inline events/' + hundreds + port + '/0001.json\\ndata ' + text.length + '\\n' + text + '\\n');
};
walk(${JSON.stringify(tree)}, (file, text) => {
  if (file !== 'service.json') return;
  const { name, ports } = JSON.parse(text);
  event(name, 'ui', ports.ui);
  event(name, 'api', ports.api.port);
});
const { status, stderr } = require('child_process').spawnSync(
  'git', ['--git-dir', process.env.VPORTS_REGISTRY, 'fast-import', '--quiet'], { input: told.join('') });
if (status !== 0) throw new Error(String(stderr));`;

const run = (registry: string, ...args: string[]) =>
  execFileSync(process.execPath, args, {
    cwd: tree,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      VPORTS_REGISTRY: registry,
      GIT_AUTHOR_NAME: 'Ada Lovelace',
      GIT_AUTHOR_EMAIL: 'ada@example.com',
    },
    stdio: 'ignore',
  });

console.log(`${machine(folder)}, ${SERVICES} services of three files\n`);
const taken = {
  walk: [] as number[],
  git: [] as number[],
  import: [] as number[],
  first: [] as number[],
  changed: [] as number[],
  again: [] as number[],
};
// The blocks in the documents are there before anything is measured.
const [known] = registries.splice(0, 1);
run(known!, program, 'import', tree);
run(known!, program, 'docs', tree);
const caches = join(folder, '.cache', 'vports');
const forget = () => {
  for (const name of readdirSync(caches, { recursive: true, encoding: 'utf8' }))
    if (/documents/.test(name)) rmSync(join(caches, name));
};
const check = () => run(known!, program, 'docs', tree, '--check');
for (const [index, registry] of registries.entries()) {
  taken.walk.push(
    ...(await time(1, () => run(registry, '-e', `${WALK}walk(${JSON.stringify(tree)}, () => undefined);`))),
  );
  const bare = join(folder, `told-${index}.git`);
  execFileSync('git', ['init', '-q', '--bare', bare]);
  taken.git.push(...(await time(1, () => run(bare, '-e', FAST_IMPORT))));
  taken.import.push(...(await time(1, () => run(registry, program, 'import', tree))));
  forget();
  taken.first.push(...(await time(1, check)));
  run(known!, program, 'register', 'other', `p${index}=${49_000 + index}`, '--no-docs');
  taken.changed.push(...(await time(1, check)));
  taken.again.push(...(await time(1, check)));
}
const base = median(taken.walk);
const row = (command: string, values: number[]) => ({
  command,
  'median (ms)': median(values).toFixed(0),
  'times the walk': (median(values) / base).toFixed(2),
});
print([
  row('a plain walk', taken.walk),
  row('a walk that tells git fast-import', taken.git),
  row('vports import', taken.import),
  row('vports docs --check, the first time', taken.first),
  row('vports docs --check, after the registry has changed', taken.changed),
  row('vports docs --check again', taken.again),
]);
