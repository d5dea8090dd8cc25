import { expect, test } from 'vitest';
import { proxyHosts } from '../../../src/registry/query/proxy-hosts.js';
import { renderProxy } from '../../../src/render/proxy.js';

const held = (resource: string, port: number, name = 'main') => ({ resource, port, name });

test.each([
  ['shop', 'main', 'shop.localhost'],
  ['shop@login', 'main', 'login.shop.localhost'],
  ['shop', 'api', 'api.shop.localhost'],
  ['web_ui@fix.2', 'api_1', 'api-1.fix-2.web-ui.localhost'],
  ['a--', 'main', 'a.localhost'],
])('%s (%s) is %s', (resource, name, host) => {
  expect(proxyHosts([held(resource, 30000, name)])).toEqual([{ host, port: 30000, resource, name }]);
});

test('of two that would be alike the second has its number too', () => {
  const hosts = proxyHosts([
    held('web_a', 30000),
    held('web-a', 30001),
    held('shop', 30002, 'a'),
    held('shop@a', 30003),
  ]);
  expect(hosts.map(({ host }) => host)).toEqual([
    'web-a.localhost',
    'web-a-30001.localhost',
    'a.shop.localhost',
    'a-30003.shop.localhost',
  ]);
});

test('nothing but a host gets into a configuration', () => {
  const bad = [{ host: 'a;}', port: 1, resource: 'a', name: 'main' }];
  for (const format of ['caddy', 'nginx'] as const)
    expect(() => renderProxy(bad, format, { listens: 8080, tls: false })).toThrow();
});
