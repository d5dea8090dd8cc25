import { expect, test } from 'vitest';
import { isNetworkPath, namesDevice, withoutLongPrefix } from '../../../src/files/windows-names.js';

test.each(['C:\\ports\\NUL', 'con', 'x/aux.git', 'LPT1', 'com1.txt', 'nul. ', 'CONIN$'])(
  '%s is a device on Windows',
  (path) => expect(namesDevice(path)).toBe(true),
);

test.each(['C:\\ports', 'console', 'auxiliary.git', 'com', 'lpt10', 'x.nul'])('%s is none', (path) =>
  expect(namesDevice(path)).toBe(false),
);

test.each([
  '\\\\server\\share',
  '//server/share',
  '\\/server\\x',
  '\\\\.\\pipe\\x',
  '\\\\?\\UNC\\server\\x',
  'file://server/x',
  'FILE://server/x',
])('%s is on another machine', (path) => expect(isNetworkPath(path)).toBe(true));

test.each([
  'C:\\x',
  '\\x',
  'x\\\\y',
  '../x',
  'file:///C:/x',
  'file://localhost/x',
  'https://server/x',
  '\\\\?\\C:\\x',
  '///x',
])('%s is not', (path) => expect(isNetworkPath(path)).toBe(false));

test('a long path is the same without the prefix that says so', () => {
  expect(withoutLongPrefix('\\\\?\\C:\\x')).toBe('C:\\x');
  expect(withoutLongPrefix('\\\\?\\UNC\\server\\x')).toBe('\\\\?\\UNC\\server\\x');
});
