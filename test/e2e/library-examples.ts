import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { Registry } from '../../src/index.js';

/** One for each verb, run in this order on one new registry; the reference shows them as they stand here. */
export const EXAMPLES: Record<string, (registry: Registry) => Promise<void>> = {
  async allocate(registry) {
    const { ports } = await registry.allocate('web', { ports: ['api', 'ui=35000'], reason: 'the shop' });
    assert.equal(ports.get('ui')?.port, 35000);
    assert.equal(ports.get('api')?.env, 'WEB_API_PORT');
  },
  async register(registry) {
    const { commits } = await registry.register('grafana', ['25010'], { owner: 'team-observability' });
    assert.equal(commits.length, 1);
  },
  async allocateExact(registry) {
    const { ports } = await registry.allocateExact('loki', '25011');
    assert.equal(ports.get('main')?.port, 25011);
  },
  async get(registry) {
    const { port, protocol } = await registry.get('web', 'ui');
    assert.deepEqual([port, protocol], [35000, 'tcp']);
  },
  async show(registry) {
    const ports = await registry.show('web');
    assert.deepEqual([...ports.keys()].sort(), ['api', 'ui']);
  },
  async check(registry) {
    const { verdict, holder } = await registry.check('25010');
    assert.deepEqual([verdict, holder?.owner], ['allocated', 'team-observability']);
  },
  async checkPorts(registry) {
    const checks = await registry.checkPorts('25400-25402');
    assert.deepEqual(
      checks.map(({ port, available }) => [port, available]),
      [
        [25400, true],
        [25401, true],
        [25402, true],
      ],
    );
  },

  async checkResource(registry) {
    const checks = await registry.checkResource('web');
    assert.equal(checks.get('ui')?.available, true);
  },
  async list(registry) {
    const ports = await registry.list({ range: 'monitoring' });
    assert.deepEqual(
      ports.map(({ resource }) => resource),
      ['grafana', 'loki'],
    );
  },
  async ranges(registry) {
    const monitoring = (await registry.ranges()).find(({ id }) => id === 'monitoring');
    assert.equal(monitoring?.allocated, 2);
  },
  async ps(registry) {
    const { running } = await registry.ps();
    assert.deepEqual(running, []);
  },

  async who(registry) {
    const { holder, holders, listeners } = await registry.who('25010');
    assert.equal(holder?.resource, 'grafana');
    assert.deepEqual([holders.length, listeners.length], [1, 0]);
  },
  async log(registry) {
    const [last] = await registry.log({ about: 'web', limit: 1 });
    assert.equal(last?.type, 'port.allocated');
  },
  async describe(registry) {
    const { described } = await registry.describe('loki', { owner: 'team-observability' });
    assert.equal(described[0]?.owner, 'team-observability');
  },
  async reassign(registry) {
    const { moved } = await registry.reassign('web', { port: 'ui', to: '35001', reason: 'make room' });
    assert.deepEqual([moved[0]?.from, moved[0]?.to], [35000, 35001]);
  },
  async diff(registry) {
    const { moved } = await registry.diff('HEAD~1');
    assert.deepEqual([moved[0]?.from, moved[0]?.port], [35000, 35001]);
  },
  async replay(registry) {
    const { steps, broken } = await registry.replay();
    assert.equal(broken, null);
    assert.ok(steps.length > 4);
  },
  async undo(registry) {
    const [last] = await registry.log({ about: 'web', limit: 1 });
    const { undone } = await registry.undo(last!.id, { reason: 'too early' });
    assert.equal(undone.length, 2);
  },
  async release(registry) {
    const { released } = await registry.release('loki', { reason: 'gone' });
    assert.equal(released[0]?.port, 25011);
  },
  async renew(registry) {
    await registry.allocate('e2e', { ttl: 3_600_000 });
    const { renewed } = await registry.renew('e2e', { ttl: 7_200_000 });
    assert.equal(renewed.length, 1);
  },
  async cleanup(registry) {
    const { released, kept } = await registry.cleanup({ fix: true });
    assert.deepEqual([released, kept], [[], []]);
  },
  async kill(registry) {
    await assert.rejects(
      registry.kill('25010', async () => true),
      { code: 'NOT_HELD' },
    );
  },
  async environment(registry) {
    const { ports } = await registry.environment(['web']);
    assert.deepEqual(ports.map(({ variables }) => variables[0]).sort(), ['WEB_API_PORT', 'WEB_UI_PORT']);
  },
  async url(registry) {
    const { url, listening } = await registry.url('web/ui');
    assert.deepEqual([url, listening], ['http://localhost:35000', false]);
  },
  async run(registry) {
    const status = await registry.run({ resources: ['web'], command: ['node', '-e', 'process.exit(7)'] });
    assert.equal(status, 7);
  },
  async allocateHere(registry) {
    const { resource } = await registry.allocateHere({ of: 'web' });
    assert.equal(resource, 'web');
  },
  async mapPage(registry) {
    const { page } = await registry.mapPage();
    assert.ok(page.startsWith('<!doctype html>'));
  },
  async proxyHosts(registry) {
    const hosts = await registry.proxyHosts();
    assert.ok(hosts.every(({ host }) => host.endsWith('.localhost')));
  },

  async status(registry) {
    const { registry: found, findings } = await registry.status();
    assert.equal(found.from, 'option');
    assert.ok(Array.isArray(findings));
  },
  async stats(registry) {
    const { owners } = await registry.stats({ unusedDays: 90 });
    assert.ok(owners.some(({ owner }) => owner === 'team-observability'));
  },
  async policy(registry) {
    const { policy } = await registry.policy();
    assert.equal(policy.default, 'business');
  },
  async changePolicy(registry) {
    const to = (source: string) => source.replace('"default": "8h"', '"default": "4h"');
    const { diff } = await registry.changePolicy(to, 'shorter leases', { reason: 'they pile up' });
    assert.equal(diff.length, 1);
  },
  async moveRange(registry) {
    const { diff, moved } = await registry.moveRange('ai-ml', { from: 32000, to: 32899 }, { reassign: true });
    assert.equal(diff.length, 1);
    assert.deepEqual(moved, []);
  },
  async import(registry) {
    writeFileSync('compose.yml', 'services:\n  db:\n    ports: ["25432:5432"]\n');
    const { imported, problems } = await registry.import(['.']);
    assert.equal(imported[0]?.port, 25432);
    assert.deepEqual(problems, []);
  },
  async proposePolicy(registry) {
    const { outside } = await registry.proposePolicy(['.']);
    assert.equal(outside, 0);
  },
  async checkDocuments(registry) {
    const { ok } = await registry.checkDocuments('.');
    assert.equal(ok, true);
  },
  async docs(registry) {
    const { documents } = await registry.docs(['.'], { check: true });
    assert.ok(documents.every(({ changed }) => !changed));
  },
  async reconcile(registry) {
    const { drift } = await registry.reconcile(['.']);
    assert.ok(Array.isArray(drift));
  },
  async verify(registry) {
    const { ok, checked } = await registry.verify();
    assert.equal(ok, true);
    assert.ok(checked.events > 10);
  },
  async verifyPush(registry) {
    const { ok } = await registry.verifyPush(`${'0'.repeat(40)} ${'1'.repeat(40)} refs/heads/topic\n`);
    assert.equal(ok, true);
  },
  async review(registry) {
    const { changes } = await registry.review('HEAD~1');
    assert.equal(changes[0]?.resource, 'db');
  },
  async map(registry) {
    const { path, ports } = await registry.map({ out: 'ports.html' });
    assert.match(path, /ports\.html$/);
    assert.ok(ports > 2);
  },
  async branches(registry) {
    assert.deepEqual(await registry.branches(), ['main']);
  },
  async claims(registry) {
    assert.deepEqual(await registry.claims(), []);
  },
  async faults(registry) {
    assert.deepEqual(await registry.faults(), []);
  },
  async damages(registry) {
    assert.deepEqual(await registry.damages(), []);
  },
  async moment(registry) {
    const { at } = await registry.moment('HEAD');
    assert.match(at, /^\d{4}-/);
  },
  async resolve(registry) {
    await assert.rejects(registry.resolve(), { code: 'BAD_USAGE' });
  },
  async sync(registry) {
    await assert.rejects(registry.sync(), { code: 'BAD_USAGE' });
  },
};
