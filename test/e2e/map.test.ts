import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { columnsOf, type MappedEvent } from '../../src/map/columns.js';
import { withData } from '../../src/map/html.js';
import { browserForAll } from '../support/browser.js';
import { until } from '../support/children.js';
import { madeOnce, put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { testWith } from '../support/needs.js';
import { runner } from '../support/program.js';
import { placeRegistry } from '../support/registries.js';

const HOSTILE = '</script><img src=x onerror=alert(1)>';
/** Turns the direction of text around, and ends a line. */
const STEERING = '\u202egnp.exe';

/** web had 20000 and moved; api came by a pull request; what is hostile has 20010; ui came and went. */
const registries = madeOnce(async (folder) => {
  const path = join(folder, 'ports');
  await placeRegistry(path, { bare: false });
  const vports = runner(folder, { env: { VPORTS_REGISTRY: path } });
  await vports(['allocate', 'web', '--port', '20000', '--owner', 'team-a', '--reason', 'the shop']);
  await vports(['reassign', 'web', '--to', '20005', '--reason', 'made room']);
  await vports(['allocate', 'api', '--port', '20001', '--owner', 'team-b', '--branch', 'topic']);
  git(path, 'merge', '-q', '--no-ff', '-m', 'Merge pull request #42 from ben/topic', 'topic');
  await vports([
    'allocate',
    'evil',
    '--port',
    '20010',
    '--owner',
    HOSTILE,
    '--reason',
    `${HOSTILE}${STEERING}`,
  ]);
  await vports(['allocate', 'ui', '--port', '20500']);
  await vports(['release', 'ui', '--reason', 'gone']);
  await vports(['register', 'dns', '20001/udp', '--owner', 'team-a']);
  await vports(['allocate', 'borrowed', '--ttl', '1h', '--port', '40000']);
});

async function mapped(args: string[] = []) {
  const home = await registries();
  const path = join(home, 'ports');
  const vports = runner(home, { env: { VPORTS_REGISTRY: path } });
  const run = await vports(['map', ...args]);
  return { home, path, vports, run, file: join(home, 'ports.html') };
}

describe('map --serve', () => {
  /** A server of the map, until the test ends. */
  async function served() {
    const home = await registries();
    const env = { PATH: process.env.PATH, HOME: home, VPORTS_REGISTRY: join(home, 'ports') };
    const server = spawn(process.execPath, [resolve('dist/vports.cjs'), 'map', '--serve'], { env });
    const ended = once(server, 'close');
    onTestFinished(async () => {
      server.kill('SIGKILL');
      await ended;
    });
    let said = '';
    server.stdout.on('data', (it) => {
      said += it;
    });
    const url = new URL(await until(() => /^http\S+/m.exec(said)?.[0]));
    /** By hand: fetch() sets the Host itself. */
    const ask = async (path: string, { method = 'GET', host = url.host } = {}) => {
      const request = http
        .request({ host: '127.0.0.1', port: url.port, path, method, headers: { host } })
        .end();
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      return response;
    };
    const vports = runner(home, { env: { VPORTS_REGISTRY: join(home, 'ports') } });
    return { home, server, ended, url, ask, vports };
  }

  test('shows the page under an address of its own alone, to this machine', async () => {
    const { home, server, ended, url, ask } = await served();
    expect(url.pathname).toMatch(/^\/[\w-]{32}\/$/);
    const page = await ask(url.pathname);
    expect(page.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    page.setEncoding('utf8');
    expect((await page.toArray()).join('')).toContain("connect-src 'self'");
    const statusOf = async (...of: Parameters<typeof ask>) => (await ask(...of)).statusCode;
    expect(await statusOf('/')).toBe(404);
    expect(await statusOf(`${url.pathname.slice(0, -2)}x/`)).toBe(404);
    expect(await statusOf(url.pathname, { host: `evil.example:${url.port}` })).toBe(403);
    expect(await statusOf(url.pathname, { method: 'POST' })).toBe(405);
    const [redirect] = readdirSync(join(home, '.local/share/vports/map'));
    const file = join(home, '.local/share/vports/map', redirect!);
    expect([statSync(file).mode & 0o777, readFileSync(file, 'utf8')]).toEqual([
      0o600,
      expect.stringContaining(url.href),
    ]);
    server.kill('SIGHUP');
    expect(await ended).toEqual([null, 'SIGHUP']);
    expect(existsSync(file)).toBe(false);
  });

  test('says when the registry has changed', { tags: ['slow'] }, async () => {
    const { url, ask, vports } = await served();
    const news = await ask(`${url.pathname}events`);
    let heard = '';
    news.on('data', (it) => {
      heard += it;
    });
    await vports(['register', 'new', '20700']);
    await until(() => heard.includes('data: changed'));
    news.destroy();
  });

  test('takes no file and no past', async () => {
    const { vports } = await mapped();
    for (const words of ['--out x.html', '--at HEAD'])
      expect((await vports(['map', '--serve', ...words.split(' ')])).status).toBe(2);
  });
});

describe('the command', () => {
  test('writes one file, says where and how much is in it, and makes the same bytes again', async () => {
    const { vports, run, file } = await mapped();
    expect(run).toMatchObject({ status: 0, stdout: file, stderr: 'events: 8, ports held: 4' });
    const first = readFileSync(file);
    expect(JSON.parse((await vports(['map', '--json'])).stdout)).toMatchObject({
      path: file,
      events: 8,
      ports: 4,
    });
    expect(readFileSync(file).equals(first)).toBe(true);
  });

  test('--at ends it there', async () => {
    const { path, vports } = await mapped();
    git(path, 'tag', 'then', 'HEAD~5');
    const run = await vports(['map', '--at', 'then', '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ events: 3, ports: 1 });
    expect((await vports(['map', '--at', 'nowhere'])).status).not.toBe(0);
  });

  test.runIf(process.platform === 'linux')('names the file where its folder takes none', async () => {
    const refused = await (await mapped()).vports(['map', '--out', '/proc/ports.html']);
    expect(refused.status).toBe(73);
    expect(refused.stderr).toContain('error: cannot write to /proc/ports.html: no such file or folder');
  });

  test('puts nothing in the place of a file that is no map', async () => {
    const { home, vports } = await mapped(['--out', 'other.html']);
    put(join(home, 'ports.html'), '<p>mine');
    const refused = await vports(['map']);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('is not a map written by vports');
    expect(readFileSync(join(home, 'ports.html'), 'utf8')).toBe('<p>mine');
    const target = put(join(home, 'target'), readFileSync(join(home, 'other.html')));
    symlinkSync(target, join(home, 'link.html'));
    expect((await vports(['map', '--out', 'link.html', '--at', 'HEAD~1'])).status).toBe(0);
    expect(readFileSync(target).equals(readFileSync(join(home, 'other.html')))).toBe(true);
  });

  test('is drawn of what can be read, and a warning names the rest', async () => {
    const { path, vports } = await mapped();
    put(join(path, 'events/tcp/20xxx/200xx/20010/0001.json'), '{');
    git(path, 'commit', '-qam', 'broken');
    const run = await vports(['map', '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({
      events: 8,
      ports: 4,
      warnings: [{ code: 'STREAM_DAMAGED' }],
    });
  });

  test('has leases where they are all there is', async () => {
    const home = temporaryFolder();
    const vports = runner(home);
    await vports(['allocate', 'web', '--ttl', '1h']);
    expect(JSON.parse((await vports(['map', '--json'])).stdout)).toMatchObject({ events: 1, ports: 1 });
    const empty = await runner(temporaryFolder())(['map', '--json']);
    expect(JSON.parse(empty.stdout)).toMatchObject({ events: 0, ports: 0 });
  });

  test('--open gives it to the browser', async () => {
    const { home, vports, file } = await mapped();
    const seen = join(home, 'seen');
    const browser = put(join(home, 'browser'), `#!/bin/sh\necho "$1" > ${seen}\n`);
    chmodSync(browser, 0o755);
    await vports(['map', '--open'], { env: { BROWSER: browser } });
    await until(() => existsSync(seen) && readFileSync(seen, 'utf8') !== '');
    expect(readFileSync(seen, 'utf8')).toBe(`${file}\n`);
  });

  test('no text of the registry stands in the file as it is, and nothing in it may run but its own script', async () => {
    const { file } = await mapped();
    const text = readFileSync(file, 'utf8');
    for (const foreign of ['team-a', 'onerror', 'Ada']) expect(text).not.toContain(foreign);
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(text)?.[1];
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[\w+/=]{44}'; style-src 'sha256-[\w+/=]{44}'; img-src data:; base-uri 'none'; form-action 'none'$/,
    );
    expect(text).not.toMatch(/\b(src|href)="(?!data:,|#)/);
    expect(text).not.toMatch(/ on\w+="/);
  });
});

describe('the page', { tags: ['slow'] }, () => {
  const open = browserForAll();
  const withBrowser = testWith('chromium');
  const SCREENS = [
    [400, 'light'],
    [400, 'dark'],
    [1600, 'light'],
    [1600, 'dark'],
  ] as const;
  const require = createRequire(import.meta.url);
  const axe = () => readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

  for (const [width, colorScheme] of SCREENS)
    withBrowser(
      `at ${width} pixels in the ${colorScheme} asks for nothing, complains of nothing, and can be used by all`,
      async () => {
        const { file } = await mapped();
        const opened = await open(file, { viewport: { width, height: 900 }, colorScheme });
        const { page } = opened;
        expect(await page.title()).toBe('Ports of ports');
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
        await page.getByRole('listbox').first().focus();
        await page.keyboard.press('Control+ArrowRight');
        expect(await page.locator('#port').textContent()).toContain('Port 20001');
        const found = (await page.evaluate(`(() => { ${axe()} })(); axe.run()`)) as {
          violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
        };
        const serious = found.violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
        expect(serious.map(({ id, nodes }) => [id, nodes.map((it) => it.failureSummary)])).toEqual([]);
        expect(opened).toMatchObject({ requests: [], complaints: [] });
      },
    );

  withBrowser(
    'tells by keys and aloud who has a port, since when, by whom, why and in which pull request',
    async () => {
      const { file } = await mapped();
      const { page } = await open(file);
      const spoken = page.locator('#spoken');
      const databases = page.getByRole('listbox', { name: /^databases/ });
      await databases.focus();
      await page.keyboard.press('ArrowRight');
      expect(await spoken.textContent()).toContain('20000: free');
      await page.keyboard.press('ArrowRight');
      expect(await spoken.textContent()).toMatch(
        /20001\/tcp: api; Range databases; Owner team-b; Since \d{4}-.*; By Ada Lovelace; Commit [0-9a-f]{12}; Pull request #42\. 20001\/udp: dns/,
      );
      await page.keyboard.press('Control+ArrowRight');
      expect(await spoken.textContent()).toContain('20005/tcp: web; ');
      expect(await databases.getByRole('option').textContent()).toBe('20005: web (tcp)');
      expect(await page.locator('#port').textContent()).toContain('web gets 20005/tcp, moved from 20000');
      await page.keyboard.press('Escape');
      expect(await page.locator('#port').textContent()).toContain('Select a port');
    },
  );

  withBrowser('the slider goes through the history a step at a time, and says what changed', async () => {
    const { file } = await mapped();
    const { page } = await open(file);
    const slider = page.getByRole('slider', { name: 'Step of the history' });
    const changes = page.locator('#changes');
    const rows = page.locator('#rows tr');
    expect(await rows.count()).toBe(4);
    await slider.focus();
    await page.keyboard.press('Home');
    expect(await rows.count()).toBe(0);
    expect(await page.locator('#when').textContent()).toBe('before the first event');
    await page.keyboard.press('ArrowRight');
    expect(await changes.textContent()).toContain('web gets 20000/tcp by Ada Lovelace: the shop');
    await page.keyboard.press('ArrowRight');
    expect(await changes.getByRole('listitem').allTextContents()).toEqual([
      expect.stringContaining('web leaves 20000/tcp and moves to 20005'),
      expect.stringContaining('web gets 20005/tcp, moved from 20000'),
    ]);
    expect(await slider.getAttribute('aria-valuetext')).toContain('web gets 20005/tcp');
    await page.getByRole('button', { name: 'One step back' }).click();
    expect(await rows.allTextContents()).toEqual([expect.stringContaining('20000/tcp')]);
    await page.getByRole('button', { name: 'Latest' }).click();
    expect(await rows.count()).toBe(4);
  });

  withBrowser('keys in the plot of a range go from change to change of that range', async () => {
    const { file } = await mapped();
    const { page } = await open(file);
    const plot = page.getByRole('slider', { name: 'databases: ports held over time' });
    await plot.focus();
    await page.keyboard.press('Home');
    expect(await page.locator('#when').textContent()).toBe('before the first event');
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('#changes').textContent()).toContain('web gets 20000/tcp');
    await page.keyboard.press('ArrowRight');
    expect(await plot.getAttribute('aria-valuetext')).toMatch(/^\d{4}-.*Z: 1 of 1000 held/);
    await page.keyboard.press('ArrowLeft');
    expect(await page.locator('#changes').textContent()).toContain('web gets 20000/tcp');
  });

  withBrowser('shows at first who holds ports, and ranges without any on request', async () => {
    const { file } = await mapped();
    const { page } = await open(file);
    expect(await page.locator('#port li').allTextContents()).toEqual([
      expect.stringContaining('20001/udp dns'),
      expect.stringContaining('20010/tcp evil'),
      expect.stringContaining('20001/tcp api'),
      expect.stringContaining('20005/tcp web'),
    ]);
    const names = () => page.getByRole('listbox').evaluateAll((all) => all.map((it) => it.ariaLabel!));
    expect(await names()).toEqual([expect.stringMatching(/^databases: /)]);
    await page.getByText('ranges without any holder so far').click();
    expect((await names()).length).toBeGreaterThan(10);
    await page.locator('#port li button').last().click();
    expect(await page.locator('#port').textContent()).toContain('Port 20005');
  });

  withBrowser('on paper it has every row, and nothing to press', async () => {
    const { file } = await mapped();
    const { page } = await open(file, { colorScheme: 'dark' });
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByRole('button', { name: 'Play' }).isVisible()).toBe(false);
    expect(await page.locator('#rows tr').count()).toBe(4);
    const back = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(back).toBe('rgb(255, 255, 255)');
    expect((await page.pdf()).length).toBeGreaterThan(10_000);
  });

  withBrowser('says of a moment what the policy said then', async () => {
    const home = temporaryFolder();
    const path = join(home, 'ports');
    await placeRegistry(path, { bare: false });
    const vports = runner(home, { env: { VPORTS_REGISTRY: path } });
    await vports(['register', 'kiosk', '15000', '--allow-outside-policy']);
    const dated = { GIT_AUTHOR_DATE: '2035-01-01T00:00:00Z', GIT_COMMITTER_DATE: '2035-01-01T00:00:00Z' };
    const policy = JSON.parse(readFileSync(join(path, 'policy.json'), 'utf8'));
    policy.ranges.push({ id: 'kiosks', title: 'Kiosks', group: 'Others', from: 15000, to: 15099, match: [] });
    put(join(path, 'policy.json'), JSON.stringify(policy));
    execFileSync('git', ['commit', '-qam', 'kiosks'], { cwd: path, env: { ...process.env, ...dated } });
    await vports(['map']);
    const { page } = await open(join(home, 'ports.html'));
    const kiosks = page.getByRole('listbox', { name: /^kiosks/ });
    expect(await kiosks.getAttribute('aria-label')).not.toContain('then');
    await page.getByRole('button', { name: 'One step back' }).click();
    expect(await kiosks.getAttribute('aria-label')).toContain('not in the policy then');
  });

  withBrowser('a search leaves what fits, and knows what is gone', async () => {
    const { file } = await mapped();
    const { page } = await open(file);
    const search = page.getByRole('searchbox');
    const rows = page.locator('#rows tr');
    await search.fill('team-a ada');
    expect(await rows.allTextContents()).toEqual([
      expect.stringContaining('20001/udp'),
      expect.stringContaining('20005/tcp'),
    ]);
    await search.fill('#42');
    await page.keyboard.press('Enter');
    expect(await page.locator('#port').textContent()).toContain('api');
    await search.fill('ui');
    expect(await page.locator('#found').textContent()).toMatch(/^0 ports found; last seen .* on 20500, ui$/);
    await page.locator('#found button').click();
    expect(await page.locator('#changes').textContent()).toContain(
      'ui releases 20500/tcp by Ada Lovelace: gone',
    );
  });

  withBrowser('a pointer over a cell shows its holder, and a click keeps it', async () => {
    const { file } = await mapped();
    const { page } = await open(file, { viewport: { width: 1600, height: 900 } });
    const canvas = page.getByRole('listbox', { name: /^databases/ }).locator('canvas');
    const { width } = (await canvas.boundingBox())!;
    const cell = Math.floor((width - 46) / 100);
    await canvas.hover({ position: { x: 46 + 5.5 * cell, y: 8 } });
    expect(await page.locator('#tip').textContent()).toContain('20005/tcp');
    await canvas.click({ position: { x: 46 + 0.5 * cell, y: 8 } });
    expect(await page.locator('#port').textContent()).toContain('web leaves 20000/tcp and moves to 20005');
    await page
      .locator('.plot')
      .first()
      .hover({ position: { x: 188, y: 10 } });
    expect(await page.locator('#tip').textContent()).toMatch(
      /^\d{4}-\d\d-\d\d .*: 3 held\. Click to go there\.$/,
    );
    await page
      .locator('.plot')
      .first()
      .click({ position: { x: 0, y: 10 } });
    expect(await page.locator('#changes').textContent()).toContain('web gets 20000/tcp');
    for (const by of ['age', 'resource']) await page.locator('#colour').selectOption(by);
  });

  withBrowser('text of a registry is text, wherever it comes from', async () => {
    const { file } = await mapped();
    const { page, requests, complaints } = await open(file);
    await page.getByRole('searchbox').fill('evil');
    await page.keyboard.press('Enter');
    expect(await page.locator('#port').textContent()).toContain(`${HOSTILE}\\u202egnp.exe`);
    expect(await page.locator('#rows').textContent()).toContain(HOSTILE);
    // The data, and what draws them.
    expect(await page.locator('img, [onerror], script').count()).toBe(2);
    expect({ requests, complaints }).toEqual({ requests: [], complaints: [] });
  });

  withBrowser('so it is in places that no registry could fill', async () => {
    const hostile = `${HOSTILE}"' onclick=alert(1) {{x}} \u202e\u0000`;
    const event = {
      type: 'port.allocated',
      protocol: 'tcp',
      port: 20000,
      resource: hostile,
      name: hostile,
      owner: hostile,
      by: { name: hostile, email: hostile, host: hostile },
      at: '2026-11-01T00:00:00.000Z',
      reason: hostile,
      commit: null,
      pullRequest: hostile,
    };
    const data = {
      registry: hostile,
      until: hostile,
      ranges: [
        {
          id: hostile,
          title: hostile,
          group: hostile,
          from: 20000,
          to: 20099,
          dynamic: false,
          reserved: false,
        },
      ],
      reserved: [],
      policies: [
        { since: 0, ranges: [{ id: hostile, from: 20000, to: 20099, reserved: false }], reserved: [] },
      ],
      spans: [{ from: 20000, to: 20099, what: hostile, isHere: true }],
      refused: [],
      assigned: { ports: [20000], names: [hostile] },
      damaged: [{ port: 20000, protocol: 'tcp', message: hostile }],
      events: columnsOf([event as unknown as MappedEvent], (text) => text),
    };
    const packed = deflateRawSync(JSON.stringify(data)).toString('base64');
    const file = put(
      join(temporaryFolder(), 'map.html'),
      withData(readFileSync('dist/map.html', 'utf8'), packed),
    );
    const { page, requests, complaints } = await open(file);
    await page.getByRole('listbox').focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('#port').textContent()).toContain(HOSTILE);
    await page
      .locator('canvas')
      .last()
      .hover({ position: { x: 50, y: 8 } });
    expect(await page.locator('img, [onclick], [onerror]').count()).toBe(0);
    expect({ requests, complaints }).toEqual({ requests: [], complaints: [] });
  });
});
