import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { environmentName, isPortName, isResourceName } from '../../events/names.js';
import { parsePort, parsePortNumber } from '../../events/port.js';

describe('a resource name', () => {
  test.each(['web', 'my-resource', 'a', '7zip', 'web.api', 'web_api', 'web@branch-7', 'a'.repeat(63)])(
    '%s is one',
    (name) => {
      expect(isResourceName(name)).toBe(true);
    },
  );

  test.each([
    '',
    '25000',
    '0',
    '../x',
    '__proto__',
    '-x',
    '.x',
    'Web',
    'wéb',
    'a b',
    'a\n',
    'a\u0000',
    'a/b',
    'a@',
    '@a',
    'a@b@c',
    '7@a',
    'a'.repeat(64),
    'a'.repeat(500),
  ])('%j is none', (name) => {
    expect(isResourceName(name)).toBe(false);
  });

  test('is never a port, so that a bare number always is', () => {
    fc.assert(fc.property(fc.string(), (text) => !(isResourceName(text) && parsePort(text) !== undefined)));
  });
});

test.each(['main', 'api', 'ws-2', 'a_b', 'constructor', 'a'.repeat(31)])('%s is a port name', (name) => {
  expect(isPortName(name)).toBe(true);
});

test.each(['', '2ws', '-a', '_a', '__proto__', 'A', 'a.b', 'a b', 'a'.repeat(32), 'a\n'])(
  '%j is not a valid port name',
  (name) => {
    expect(isPortName(name)).toBe(false);
  },
);

describe('the environment name', () => {
  test.each([
    ['my-resource', 'main', 'MY_RESOURCE_PORT'],
    ['my-resource', 'api', 'MY_RESOURCE_API_PORT'],
    ['web.x', 'ws-2', 'WEB_X_WS_2_PORT'],
    ['7zip', 'main', '_7ZIP_PORT'],
    ['web@b', 'main', 'WEB_B_PORT'],
  ])('of %s %s is %s', (resource, name, variable) => {
    expect(environmentName(resource, name)).toBe(variable);
  });

  test('is one that POSIX allows, for every name', () => {
    const resource = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,62}$/).filter(isResourceName);
    const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,30}$/);
    fc.assert(fc.property(resource, name, (r, n) => /^[A-Z_][A-Z0-9_]*$/.test(environmentName(r, n))));
  });
});

describe('a port', () => {
  test('is a number, by default tcp', () => {
    expect(parsePort('25000')).toEqual({ port: 25000, protocol: 'tcp' });
    expect(parsePort('25000/udp')).toEqual({ port: 25000, protocol: 'udp' });
  });

  test.each([
    '0',
    '65536',
    '1e3',
    '08080',
    '+1',
    '-1',
    '1.5',
    ' 80',
    '80 ',
    '',
    '80/sctp',
    '80/',
    '0x50',
    '٣',
    '99999999999',
  ])('%j is none', (text) => {
    expect(parsePort(text)).toBeUndefined();
  });

  test('is parsed back from what every port is written as', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65535 }), (port) => parsePortNumber(String(port)) === port),
    );
  });
});
