import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { EnvironmentPort } from '../../../src/registry/verbs/here/env.js';
import { environmentOf, renderEnvironment } from '../../../src/render/environment.js';
import { temporaryFolder } from '../../support/folders.js';
import { testWith } from '../../support/needs.js';

const API: EnvironmentPort = {
  resource: 'web',
  name: 'api',
  variables: ['WEB_API_PORT'],
  outright: false,
  https: false,
  port: 30000,
  protocol: 'tcp',
  container: 8080,
};
const DNS: EnvironmentPort = {
  resource: 'web',
  name: 'dns',
  variables: ['DNS'],
  outright: false,
  https: false,
  port: 30053,
  protocol: 'udp',
  container: undefined,
};

test('for a shell keeps what is set already, and says the rest', () => {
  const script = `${renderEnvironment([API, DNS], 'shell')}\necho "$WEB_API_PORT $DNS"`;
  const env = { PATH: process.env.PATH!, DNS: '5353' };
  expect(execFileSync('sh', ['-c', script], { encoding: 'utf8', env })).toBe('30000 5353\n');
});

test('for a shell leaves a hostile value that is set already as data', () => {
  const script = `${renderEnvironment([API], 'shell')}\nprintf %s "$WEB_API_PORT"`;
  const env = { PATH: process.env.PATH!, WEB_API_PORT: '$(echo pwned); `echo pwned`"' };
  expect(execFileSync('sh', ['-c', script], { encoding: 'utf8', env })).toBe('$(echo pwned); `echo pwned`"');
});

test('sets what holds whatever is set already', () => {
  const login = { ...API, outright: true };
  const script = `${renderEnvironment([login, DNS], 'shell')}\necho "$WEB_API_PORT $DNS"`;
  const env = { PATH: process.env.PATH!, WEB_API_PORT: '1', DNS: '5353' };
  expect(execFileSync('sh', ['-c', script], { encoding: 'utf8', env })).toBe('30000 5353\n');
  expect(renderEnvironment([login], 'fish')).toBe('set -gx WEB_API_PORT 30000');
  expect(renderEnvironment([login], 'powershell')).toBe("$env:WEB_API_PORT = '30000'");
});

testWith('fish')('for fish keeps what is set already, and says the rest', () => {
  const script = `${renderEnvironment([API, DNS], 'fish')}\necho "$WEB_API_PORT $DNS"; env | grep '^WEB_API_PORT='`;
  const env = { PATH: process.env.PATH!, HOME: temporaryFolder(), DNS: '$(5353)' };
  expect(execFileSync('fish', ['--no-config', '-c', script], { encoding: 'utf8', env })).toBe(
    '30000 $(5353)\nWEB_API_PORT=30000\n',
  );
});

test('for PowerShell keeps what is set already, and says the rest', () => {
  expect(renderEnvironment([API, DNS], 'powershell')).toBe(
    "if (-not $env:WEB_API_PORT) { $env:WEB_API_PORT = '30000' }\nif (-not $env:DNS) { $env:DNS = '30053' }",
  );
});

test('for an env file and a program', () => {
  expect(renderEnvironment([API, DNS], 'dotenv')).toBe('WEB_API_PORT=30000\nDNS=30053');
  expect(JSON.parse(renderEnvironment([API, DNS], 'json'))).toEqual({
    WEB_API_PORT: '30000',
    DNS: '30053',
  });
  expect(environmentOf([API])).toEqual({ WEB_API_PORT: '30000' });
});

test('for a compose file, with the port inside where it is known, and the same on both sides where not', () => {
  expect(parse(renderEnvironment([{ ...API, resource: 'web@two' }], 'compose'))).toEqual({
    services: { 'web-two': { ports: ['${WEB_API_PORT:-30000}:8080'], environment: { PORT: '8080' } } },
  });
  expect(parse(renderEnvironment([API, DNS], 'compose'))).toEqual({
    services: {
      web: {
        ports: ['${WEB_API_PORT:-30000}:8080', '${DNS:-30053}:${DNS:-30053}/udp'],
        environment: { WEB_API_PORT: '8080', DNS: '${DNS:-30053}' },
      },
    },
  });
});

test('a resource whose name yaml would take for something else stays a name', () => {
  for (const name of ['null', 'true', '1e3', 'no', 'y']) {
    expect(Object.keys(parse(renderEnvironment([{ ...API, resource: name }], 'compose')).services)).toEqual([
      name,
    ]);
  }
});

test('an instance has its number outright in a compose file, and URLs and a slug where they are asked for', () => {
  const login = { ...API, resource: 'web@login', outright: true };
  expect(parse(renderEnvironment([login], 'compose')).services['web-login'].ports).toEqual(['30000:8080']);
  const beside = { urls: true, slug: 'web_login' };
  expect(renderEnvironment([login, DNS], 'dotenv', beside).split('\n')).toEqual([
    'WEB_API_PORT=30000',
    'WEB_API_URL=http://localhost:30000',
    'DNS=30053',
    'VPORTS_SLUG=web_login',
  ]);
  expect(() => renderEnvironment([login], 'shell', { slug: 'a; b' })).toThrow();
});
