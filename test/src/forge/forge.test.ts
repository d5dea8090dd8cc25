import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Forge, openForge, serverOf } from '../../../src/forge/index.js';
import type { Kind } from '../../support/forge-apis.js';
import { type ForgeServer, forgeServer } from '../../support/forge-server.js';

const KINDS = ['github', 'gitlab', 'gitea'] as const;

const PROPOSAL = {
  branch: 'ports/web',
  base: 'main',
  title: 'web gets 25000/tcp',
  text: '### Port changes',
  draft: false,
};

// Node reads NODE_EXTRA_CA_CERTS when it starts.
beforeEach(() => void vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0'));
afterEach(() => void vi.unstubAllEnvs());

async function connected(kind: Kind): Promise<{ server: ForgeServer; forge: Forge }> {
  const server = await forgeServer(kind);
  const forge = await openForge(serverOf(server.url, kind)!, async () => server.token);
  return { server, forge: forge! };
}

describe.each(KINDS)('a host with the API of %s', (kind) => {
  test('has a request after it was opened, under the number that it was given', async () => {
    const { server, forge } = await connected(kind);
    expect(await forge.latestOf('ports/web', 'main')).toBeUndefined();
    const opened = await forge.open(PROPOSAL);
    expect(opened).toMatchObject({ number: 7, state: 'open', url: expect.stringMatching(/^https:.*\/7$/) });
    expect(server.pulls).toMatchObject([{ ...PROPOSAL, number: 7 }]);
    expect(await forge.latestOf('ports/web', 'main')).toEqual(opened);
    expect(await forge.latestOf('ports/we', 'main')).toBeUndefined();
    expect(await forge.latestOf('ports/web', 'next')).toBeUndefined();
    expect(await forge.request(8)).toBeUndefined();
  });

  test.each([false, true])('keeps it a draft or not when it is updated: %s', async (draft) => {
    const { server, forge } = await connected(kind);
    await forge.open({ ...PROPOSAL, draft });
    await forge.update(7, { ...PROPOSAL, title: 'other', text: 'more' });
    expect(server.pulls[0]).toMatchObject({ title: expect.stringMatching(/(^|: )other$/), text: 'more' });
    expect(await forge.request(7)).toMatchObject({ state: 'open', draft, conflicts: false });
  });

  test('says what its checks and reviewers say', async () => {
    const { server, forge } = await connected(kind);
    await forge.open(PROPOSAL);
    expect(await forge.request(7)).toMatchObject({ conflicts: false, checks: null, review: null });
    Object.assign(server.pulls[0]!, { conflicts: true, checks: 'failing', approved: true });
    expect(await forge.request(7)).toMatchObject({ conflicts: true, checks: 'failing', review: 'approved' });
    Object.assign(server.pulls[0]!, { checks: 'passing' });
    expect(await forge.request(7)).toMatchObject({ checks: 'passing' });
  });

  test.each(['merged', 'closed'] as const)('says that it is %s', async (state) => {
    const { server, forge } = await connected(kind);
    await forge.open(PROPOSAL);
    Object.assign(server.pulls[0]!, { state });
    expect(await forge.request(7)).toMatchObject({ number: 7, state });
    expect(await forge.latestOf('ports/web', 'main')).toMatchObject({ number: 7, state });
    await forge.open(PROPOSAL);
    expect(await forge.latestOf('ports/web', 'main')).toMatchObject({ number: 8, state: 'open' });
  });

  test('refuses another token, and a second request of a branch', async () => {
    const { server, forge } = await connected(kind);
    await forge.open(PROPOSAL);
    await expect(forge.open(PROPOSAL)).rejects.toThrow(/answers 4(22|09): .*already exists/);
    const stranger = await openForge(serverOf(server.url, kind)!, async () => 'another');
    await expect(stranger!.open(PROPOSAL)).rejects.toThrow(
      `${server.host} refuses the token of a credential helper of git (401): Bad credentials`,
    );
  });
});

describe('of a host that answers otherwise', () => {
  const answers = { code: 'REMOTE_UNREACHABLE' };

  test.each([
    [
      404,
      { message: 'Not Found' },
      'has no team/ports for the token of a credential helper of git (404): Not Found',
    ],
    [
      422,
      { message: 'Validation Failed', errors: [{ message: 'No commits' }] },
      'answers 422: Validation Failed; No commits',
    ],
    [500, '<html>', 'answers 500'],
    [200, '<html>', 'answers with something other than JSON'],
    [200, '', 'answers with something other than JSON'],
    [200, '"pull"', 'answers otherwise than its documents say'],
    [200, { number: '7' }, 'answers otherwise than its documents say (number)'],
    [
      403,
      { message: 'a\u001b[31mred\u0007\nline' },
      'refuses the token of a credential helper of git (403): ared line',
    ],
  ])('%i is an error that says so', async (status, body, message) => {
    const { server, forge } = await connected('github');
    server.intercept(() => ({ status, body }));
    await expect(forge.open(PROPOSAL)).rejects.toMatchObject({
      ...answers,
      message: `${server.host} ${message}`,
    });
  });

  test('a redirect is not followed', async () => {
    const [{ server, forge }, { server: other }] = [await connected('gitea'), await connected('gitea')];
    server.intercept(() => ({
      status: 307,
      headers: { Location: `${other.origin}/api/v1/repos/team/ports/pulls` },
    }));
    await expect(forge.open(PROPOSAL)).rejects.toThrow('redirects (307), which vports does not follow');
    expect(other.asked).toEqual([]);
  });

  test('at most 4 MB are read', async () => {
    const { server, forge } = await connected('github');
    let sent = 0;
    server.intercept((_, response) => {
      const block = Buffer.alloc(2 ** 20, ' ');
      const more = () => {
        while (sent < 100 && !response.destroyed) {
          sent += 1;
          if (!response.write(block)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
      return 'answered';
    });
    await expect(forge.open(PROPOSAL)).rejects.toThrow('answers with more than 4 MB');
    expect(sent).toBeLessThan(50);
  });

  test('no control characters come through, and no credentials', async () => {
    const { server, forge } = await connected('github');
    const pull = { number: 7, state: 'open', merged_at: null, head: { ref: 'x', sha: 'y' } };
    server.intercept(() => ({
      status: 201,
      body: { ...pull, html_url: `https://ada:${server.token}@git.example/\u001b[2J\u0007${server.token}` },
    }));
    expect((await forge.open(PROPOSAL)).url).toBe('https://git.example/...');
    server.intercept(() => ({ status: 201, body: { ...pull, html_url: 'javascript:alert(1)' } }));
    expect((await forge.open(PROPOSAL)).url).toBe('');
  });

  test('a host that is silent is given up', { tags: ['slow'], timeout: 20_000 }, async () => {
    const { server, forge } = await connected('gitlab');
    server.intercept((_, response) => {
      response.writeHead(200).write('[');
      return 'answered';
    });
    await expect(forge.latestOf('ports/web', 'main')).rejects.toThrow('has not answered within 10 seconds');
  });

  test('a host whose certificate nobody vouches for is asked nothing', async () => {
    const { server, forge } = await connected('github');
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '1');
    await expect(forge.open(PROPOSAL)).rejects.toThrow(/cannot be asked: self-signed certificate/);
    expect(server.headers).toEqual([]);
  });
});
