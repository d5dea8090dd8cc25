import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { testWith } from '../support/needs.js';
import { type Run, runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

const json = (run: Run) => JSON.parse(run.stdout);

async function asker({ bare = true } = {}) {
  const home = temporaryFolder();
  const registry = await newRegistry({ bare });
  const env = { VPORTS_REGISTRY: registry, VPORTS_HOST_LOG: join(home, 'host.git') };
  return { home, registry, vports: runner(home, { env }) };
}

test.each([
  ['alocate web', /did you mean `vports allocate`\?/],
  ['lst', /did you mean `vports list`\?/],
  ['polcy set', /did you mean `vports policy`\?/],
  ['policy shwo', /did you mean `vports policy show`\?/],
  ['free 25000', /did you mean `vports release` or `vports kill`\?/],
  ['xyzzy', /see `vports --help`/],
  ['help polcy', /did you mean `vports policy`\?/],
  ['help policy shwo', /did you mean `vports policy show`\?/],
  ['alocate --help', /did you mean `vports allocate`\?/],
])('what is no command is answered with the nearest: %s', async (words, hint) => {
  const { vports } = await asker();
  const run = await vports(words.split(' '));
  expect([run.status, run.stderr]).toEqual([2, expect.stringMatching(hint)]);
});

test.each([
  ['get wbe', /did you mean web\? see `vports list`/],
  ['release wbe --strict', /did you mean web\?/],
  ['reassign wbe --to 25000', /did you mean web\?/],
  ['reassign wbe api --range databases', /did you mean web\?/],
  ['list --range databses', /did you mean databases\? see `vports ranges`/],
  ['get nothing-like-it', /^ {2}see `vports list`/m],
])('what is no resource and no range is answered with the nearest: %s', async (words, hint) => {
  const { vports } = await asker();
  await vports(['allocate', 'web']);
  const run = await vports(words.split(' '));
  expect(run.status).toBeGreaterThan(0);
  expect(run.stderr).toMatch(hint);
});

test.each([
  ['list --formt csv', 'unknown option "--formt"', 'did you mean --format?'],
  ['list --format cvs', '"cvs" is not a value of --format', /^did you mean csv\? allowed: text, table, csv/],
  ['list --range', '--range needs a value', /--range VALUE/],
  ['list --owner a --owner b', '--owner is given twice', '--owner takes one value'],
  ['list --no-pagr', 'unknown option "--no-pagr"', 'did you mean --no-pager?'],
  ['cleanup --fix=maybe', '--fix takes no value', 'write --fix'],
  ['--json list', 'expected a command before "--json"', /^options follow the command/],
  ['resolve --rebase', '--rebase needs --branch', 'add --branch'],
  [
    'verify --hook pre-receive --base main',
    '--hook and --base exclude each other',
    'leave out --hook or --base',
  ],
  ['log -n none', '--limit takes a number of at least 1, not "none"', 'write --limit 1'],
  ['get', 'RESOURCE is missing', /^the arguments are RESOURCE \[NAME\]/],
  ['get web main more', '"more" is an unexpected argument', /RESOURCE \[NAME\]/],
  ['completion bsh', '"bsh" is not a value of SHELL', /did you mean bash\?/],
])('words that a command does not take are named, with what it takes: %s', async (words, message, hint) => {
  const { vports } = await asker();
  const run = await vports([...words.split(' '), '--json']);
  expect(json(run).error).toMatchObject({ code: 'BAD_USAGE', message, hint: expect.stringMatching(hint) });
});

test('an option that may be repeated takes one value each time', async () => {
  const { vports } = await asker();
  for (const it of ['web', 'db']) await vports(['allocate', it]);
  const of = async (...words: string[]) => (await vports(words)).stdout;
  expect(await of('url', '--share', 'db', 'web')).toBe(await of('url', 'web'));
  await vports(['allocate', 'api', '--port', 'one', '--port', 'two']);
  expect((await of('exec', '--port', 'one', 'api', '--', 'env')).match(/^API_.*$/gm)).toHaveLength(2);
  expect(await of('list', '--resource', 'one', '--json')).toContain('"ports": []');
});

test('--port means a port by its name, its number or both, in every command', async () => {
  const { vports } = await asker();
  await vports(['allocate', 'api', '--port', 'http=30100', '--port', 'dns=30101/udp']);
  const done = async (...words: string[]) => {
    const run = await vports([...words, '--json']);
    return { status: run.status, ...json(run) };
  };
  expect(await done('reassign', 'api', '--port', '30101/udp', '--to', '30102')).toMatchObject({
    moved: [{ name: 'dns', to: 30102 }],
  });
  expect(await done('describe', 'api', '--port', 'dns=30102/udp', '--owner', 'ops')).toMatchObject({
    described: [{ name: 'dns', owner: 'ops' }],
  });
  for (const wrong of ['30102/tcp', 'dns/tcp', 'dns=30100', '30999'])
    expect(await done('describe', 'api', '--port', wrong, '--owner', 'x')).toMatchObject({
      status: 1,
      error: { code: 'NOT_HELD', hint: 'it holds http (30100/tcp), dns (30102/udp)' },
    });
  expect(
    (await vports(['exec', 'api', '--port', '30100', '--', 'sh', '-c', 'echo $API_HTTP_PORT'])).stdout,
  ).toBe('30100');
  expect(await done('release', 'api', '--port', 'dns=30102/udp', '--port', '30100')).toMatchObject({
    released: [{ name: 'dns' }, { name: 'http' }],
  });
});

test('a port where a resource is to be named says whose it is, and what to type', async () => {
  const { vports } = await asker();
  await vports(['allocate', 'web', '--port', '30100']);
  const hint = async (...words: string[]) => json(await vports([...words, '--json'])).error;
  expect(await hint('release', '30100')).toMatchObject({
    code: 'BAD_NAME',
    message: '30100 is a port of web; expected a resource name',
    hint: '`vports release web --port 30100`',
  });
  expect((await hint('get', '30100')).hint).toBe('see `vports who 30100`');
  expect((await hint('show', '30500')).hint).toMatch(/^nobody holds 30500\/tcp; see `vports check 30500`/);
});

test('where a first guess stops, the message names the command that was meant', async () => {
  const { home, vports } = await asker();
  await vports(['allocate', 'web', '--port', '25010']);
  const lastLine = async (...args: string[]) => (await vports(args)).stderr.split('\n').at(-1);
  expect(await lastLine('check', '3000')).toContain('`vports register NAME 3000 --allow-outside-policy`');
  expect(await lastLine('reassign', 'web', '25020')).toContain('`vports reassign NAME --to 25020`');
  expect(await lastLine('move', 'web', '25020')).toContain('`vports reassign NAME --to PORT`');
  git(home, 'init', '-q');
  expect(await lastLine('init')).toContain('`vports init --in-repo`');
});

test('check FROM-TO answers for each port, and yes where all can be had', async () => {
  const { vports } = await asker();
  await vports(['allocate', 'web', '--port', '30102']);
  const run = await vports(['check', '30100-30103']);
  expect(run).toMatchObject({
    status: 1,
    stdout: '30100 available\n30101 available\n30102 web\n30103 available',
  });
  const { ports } = json(await vports(['check', '30102-30103/udp', '--json']));
  expect(ports).toMatchObject([{ port: 30102, protocol: 'udp', available: true }, { port: 30103 }]);
  expect((await vports(['check', '30102-30103/udp'])).status).toBe(0);
  expect((await vports(['check', '30100-30103', '--for', 'web'])).status).toBe(0);
  for (const wrong of ['30103-30100', '1-65535'])
    expect(json(await vports(['check', wrong, '--json'])).error.code).toBe('BAD_RANGE');
});

test('trust refuses a path that does not exist, and forgets one that no longer does', async () => {
  const { home, vports } = await asker();
  expect(json(await vports(['trust', join(home, 'none'), '--json'])).error.message).toMatch(
    /does not exist$/,
  );
  expect((await vports(['trust', '--remove', join(home, 'none')])).status).toBe(0);
});

test('init inside a repository says how that keeps a registry itself', async () => {
  const { home, vports } = await asker();
  git(home, 'init', '-q');
  expect((await vports(['init', 'ports'])).stderr).toContain('`vports init --in-repo`');
});

test('short words mean the commands that are typed often', async () => {
  const { vports } = await asker();
  const of = async (...words: string[]) => (await vports(words)).stdout;
  expect(await of('add', 'web', '--port', '30100')).toBe('30100');
  expect(await of('ls')).toBe(await of('list'));
  expect(await of('30100')).toBe(await of('who', '30100'));
  expect(await of('-V')).toBe(await of('--version'));
  expect(await of('rm', '--help')).toBe(await of('help', 'release'));
  expect(await of('rm', 'web')).toBe('30100');
});

test('every answer in JSON has its warnings', async () => {
  const { vports } = await asker();
  await vports(['allocate', 'web']);
  for (const words of [
    'get web',
    'show web',
    'list',
    'ranges',
    'status',
    'doctor',
    'trust --list',
    'url web',
  ])
    expect([words, json(await vports([...words.split(' '), '--json'])).warnings]).toEqual([words, []]);
});

test('the help of a command is the same, however it is asked for', async () => {
  const { vports } = await asker();
  const { stdout } = await vports(['help', 'policy', 'set']);
  expect(stdout).toContain('$ vports policy set KEY VALUE');
  for (const words of ['policy set --help', 'policy set a b -h', '--help policy set'])
    expect((await vports(words.split(' '))).stdout).toBe(stdout);
});

test('an argument that is missing is missing, whatever stands on stdin', async () => {
  const { vports } = await asker();
  await vports(['allocate', 'web']);
  for (const command of ['get', 'show', 'who', 'allocate', 'release']) {
    const run = await vports([command], { input: 'web\n' });
    expect([command, run.status]).toEqual([command, 2]);
  }
});

test.each([
  ['renew web --branch other'],
  ['renew web --no-docs'],
  ['env web --container 8080'],
  ['diff HEAD~1 HEAD --at HEAD'],
  ['exec web api -- true'],
  ['resolve --dry-run'],
  ['list --claims --at HEAD'],
])('what has no meaning is refused: %s', async (words) => {
  const { vports } = await asker();
  await vports(['allocate', 'web']);
  const run = await vports(
    [...words.split(' '), '--json'].sort((a, b) => Number(a === '--json') - Number(b === '--json')),
  );
  // Behind `--` it would be the command's own.
  const { status } = words.includes('--') ? await vports(words.split(' ')) : run;
  expect([2, 125]).toContain(status);
});

test('a resource whose ports have other names gets no main beside them', async () => {
  const { vports } = await asker();
  await vports(['allocate', 'web', '--port', 'api=30010', '--port', 'ui=30011']);
  expect((await vports(['allocate', 'web'])).stdout).toBe('api=30010\nui=30011');
  const run = await vports(['exec', 'web', '--', 'env']);
  expect(run.stdout.split('\n').filter((line) => line.startsWith('WEB_'))).toEqual([
    'WEB_API_PORT=30010',
    'WEB_UI_PORT=30011',
  ]);
  expect(json(await vports(['list', '--json'])).ports).toHaveLength(2);
});

describe('diff', () => {
  test('against a commit tells of the registry alone', async () => {
    const { vports } = await asker();
    await vports(['allocate', 'web']);
    await vports(['allocate', 'e2e', '--ttl', '1h']);
    expect(json(await vports(['diff', 'HEAD', '--json'])).allocated).toEqual([]);
    expect(json(await vports(['diff', '1 hour ago', '--json'])).allocated).toHaveLength(2);
  });

  test('says nothing of what moved and came back', async () => {
    const { vports } = await asker();
    await vports(['allocate', 'web', '--port', '25000']);
    await vports(['reassign', 'web', '--to', '25001']);
    await vports(['reassign', 'web', '--to', '25000']);
    const { moved, released, allocated } = json(await vports(['diff', 'HEAD~2', '--json']));
    expect([moved, released, allocated]).toEqual([[], [], []]);
  });
});

test('a port that an open branch claims is claimed for whoever asks, and free for the claimer', async () => {
  const { vports } = await asker();
  await vports(['allocate', 'web', '--port', '25010', '--branch', 'feature']);
  const claim = { branch: 'feature', resource: 'web', name: 'main' };
  const asked = await vports(['check', '25010', '--json']);
  expect([asked.status, json(asked)]).toMatchObject([1, { verdict: 'claimed', available: false, claim }]);
  expect((await vports(['check', '25010', '--for', 'web'])).status).toBe(0);
  expect((await vports(['check', '25010'])).stdout).toBe('claimed by web on branch feature');
  expect((await vports(['port-registry', 'check', '25010'])).stdout).toBe('web');
  expect(json(await vports(['who', '25010', '--json']))).toMatchObject({ holder: null, claim });
  expect((await vports(['who', '25010'])).stdout).toContain('branch feature (unmerged) claims it for web');
  const listed = json(await vports(['list', '--claims', '--json']));
  expect(listed).toMatchObject({ ports: [], claims: [{ port: 25010, protocol: 'tcp', ...claim }] });
});

test('who says who holds the number in the other protocol, and get names each port with its protocol', async () => {
  const { vports } = await asker();
  await vports(['allocate', 'dns', '--port', 'query=25010', '--port', 'query-udp=25010/udp']);
  expect((await vports(['who', '25010'])).stdout).toMatch(/^25010\/udp is held by dns \(query-udp\)$/m);
  expect((await vports(['who', '25010/udp'])).stdout).toMatch(/^25010\/tcp is held by dns \(query\)$/m);
  expect((await vports(['get', 'dns'])).stderr).toContain(
    '`vports get dns query` (25010/tcp), `vports get dns query-udp` (25010/udp)',
  );
});

test('nothing is silent: what was not found is said', async () => {
  const { vports } = await asker();
  expect((await vports(['log'])).stderr).toBe('no events yet');
  await vports(['allocate', 'web']);
  expect((await vports(['log', 'nope', '--since', '1 hour ago'])).stderr).toBe(
    'no events match nope --since 1 hour ago',
  );
  expect((await vports(['list', '--range', 'databases', '--resource', 'x*'])).stdout).toBe(
    'no port is held in the range databases, by a resource like x*',
  );
  expect((await vports(['cleanup'])).stdout).toContain('nothing to release');
});

test('a warning is told once, in one place; what is so anywhere is told where it is asked for', async () => {
  const { vports } = await asker();
  await vports(['allocate', 'web', '--port', '30080']);
  const plain = await vports(['check', 'web']);
  expect(plain.stderr).not.toMatch(/NodePort|IANA/);
  expect((await vports(['check', 'web', '-v'])).stderr).toContain('NodePort');
  const document = await vports(['check', 'web', '--json']);
  expect(document.stderr).toBe('');
  const { warnings } = json(document).ports.main;
  expect(warnings.map(({ code }: { code: string }) => code)).toContain('NODE_PORT');
  const quiet = await vports(['register', 'old', '8080', '--allow-outside-policy', '-q']);
  expect([quiet.status, quiet.stdout, quiet.stderr]).toEqual([0, '8080', '']);
  expect((await vports(['get', 'nobody', '-q'])).stderr).toContain('error:');
});

describe('list', () => {
  async function twoTeams() {
    const { home, registry, vports } = await asker();
    await vports(['allocate', 'web', '--port', '30020', '--owner', 'team-web', '--reason', 'the shop']);
    await vports(['allocate', 'api', '--port', '30030']);
    return { home, registry, vports };
  }

  test('is ordered by port, resource or age', async () => {
    const { vports } = await twoTeams();
    await vports(['allocate', 'docs', '--port', '30010']);
    const order = async (sort: string) =>
      json(await vports(['list', '--sort', sort, '--json'])).ports.map((it: { port: number }) => it.port);
    expect(await order('port')).toEqual([30010, 30020, 30030]);
    expect(await order('resource')).toEqual([30030, 30010, 30020]);
    expect(await order('since')).toEqual([30020, 30030, 30010]);
  });

  test('has the columns that are asked for, in every format but JSON', async () => {
    const { vports } = await twoTeams();
    const shown = async (...words: string[]) => (await vports(['list', ...words])).stdout;
    expect(await shown('--columns', 'resource,port,reason')).toBe(
      'RESOURCE  PORT       REASON\nweb       30020/tcp  the shop\napi       30030/tcp  -',
    );
    expect(await shown('--columns', 'owner,port', '--format', 'csv')).toBe(
      'owner,port\nteam-web,30020\n,30030',
    );
    expect(await shown('--columns', 'port', '--format', 'markdown')).toContain('| PORT |');
    const unknown = await vports(['list', '--columns', 'port,colour']);
    expect([unknown.status, unknown.stderr]).toEqual([
      2,
      expect.stringContaining('columns are port, protocol'),
    ]);
    expect((await vports(['list', '--columns', 'port', '--json'])).status).toBe(2);
  });

  testWith('script')('gives way to a terminal of sixty columns, and says what it leaves out', async () => {
    const { home, registry } = await twoTeams();
    const screen = execFileSync(
      'script',
      ['-qec', `stty cols 60; '${process.execPath}' '${resolve('dist/vports.cjs')}' list`, '/dev/null'],
      { encoding: 'utf8', env: { HOME: home, PATH: process.env.PATH, VPORTS_REGISTRY: registry } },
    );
    const lines = screen.trimEnd().split(/\r?\n/);
    const rows = lines.filter((line) => /^(PORT|\d+\/)/.test(line));
    expect(rows).toHaveLength(3);
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(60);
    expect(screen).toMatch(/too narrow: .*LOG are hidden; choose others with `--columns`/);
  });
});

test('why the policy changes stands in its commit', async () => {
  const { registry, vports } = await asker();
  expect((await vports(['policy', 'set', 'default', 'ai-ml', '--reason', 'most of us train'])).status).toBe(
    0,
  );
  expect(git(registry, 'log', '-1', '--format=%B')).toMatch(
    /^set default of the policy\n\nmost of us train\n?$/,
  );
});
