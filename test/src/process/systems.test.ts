import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { identityOf, livenessOf, ownIdentity } from '../../../src/process/identity.js';
import { parseStat } from '../../../src/process/linux.js';
import { macos, parsePlatformId, parsePs } from '../../../src/process/macos.js';
import { outputNow } from '../../../src/process/output-now.js';
import { parseStart, windows } from '../../../src/process/windows.js';
import { testWith } from '../../support/needs.js';

describe('a process of Linux', () => {
  test('is told by its start, whatever its command holds', () => {
    const rest = `S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 0`;
    expect(parseStat(`7 (a) S (b) ${rest}`)).toEqual({ state: 'running', started: '4711' });
    expect(parseStat(`7 (x) ${rest.replace('S', 'Z')}`)!.state).toBe('ended');
    expect(parseStat(`7 (x) ${rest.replace('S', 'T')}`)!.state).toBe('stopped');
    expect(parseStat('')).toBeUndefined();
  });
});

describe('a process of macOS, as ps tells it', () => {
  test.each([
    ['Ss   Thu Nov 26 09:12:44 2026    \n', { state: 'running', started: '1795684364000' }],
    ['Z+   Sun Nov  1 00:00:01 2026\n', { state: 'ended', started: '1793491201000' }],
    ['T    Sun Nov  1 00:00:01 2026\n', { state: 'stopped', started: '1793491201000' }],
    ['', undefined],
    ['ps: illegal option -- o\n', undefined],
  ])('%j', (output, found) => expect(parsePs(output)).toEqual(found));

  test('is one started within two seconds: ps tells whole seconds, and node notes its own', () => {
    expect(macos.isSameStart('1795684364000', '1795684365321')).toBe(true);
    expect(macos.isSameStart('1795684364000', '1795684367000')).toBe(false);
  });

  test('the machine by its platform id', () => {
    const output =
      '    {\n      "IOPlatformUUID" = "4F9E2C1A-0B1C-5D2E-8F3A-6B7C8D9E0F1A"\n      "IOPolledInterface" = "x"\n';
    expect(parsePlatformId(output)).toBe('4F9E2C1A-0B1C-5D2E-8F3A-6B7C8D9E0F1A');
    expect(parsePlatformId('')).toBe('');
  });

  // The ps of Linux has the same columns, and node the same clock.
  testWith('ps')('the real ps says of this process what node does', () => {
    const found = parsePs(outputNow('ps', ['-o', 'state=,lstart=', '-p', String(process.pid)]));
    expect(macos.isSameStart(found!.started, macos.ownStart())).toBe(true);
  });
});

describe('a process of Windows, as PowerShell tells it', () => {
  test.each([
    ['2026-11-26T09:12:44.5678901Z\r\n', { state: 'running', started: '1795684364567' }],
    ['', undefined],
    ['Get-Process : Cannot find a process with the process identifier 4.\r\n', undefined],
  ])('%j', (output, found) => expect(parseStart(output)).toEqual(found));

  test('is one started within two seconds', () => {
    expect(windows.isSameStart('1795684364567', '1795684363000')).toBe(true);
    expect(windows.isSameStart('1795684364567', '1795684399000')).toBe(false);
  });
});

describe('whether a process runs', () => {
  test('this one does, here and now only', () => {
    const own = ownIdentity();
    expect(livenessOf(own)).toBe('alive');
    expect(livenessOf({ ...own, started: '1' })).toBe('dead');
    // From the first namespace all others can be seen, and none of them is this one.
    const isFirst = own.pidns === '4026531836';
    expect(livenessOf({ ...own, pidns: '1' })).toBe(isFirst ? 'dead' : 'unknown');
    expect(livenessOf({ ...own, boot: '0'.repeat(36) })).toBe('dead');
    expect(livenessOf({ ...own, boot: '0'.repeat(36) }, { host: 'elsewhere' })).toBe('unknown');
    expect(livenessOf(own, { host: 'what-it-was-called' })).toBe('alive');
  });

  test('one that has ended does not', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await once(child, 'spawn');
    const identity = identityOf(child.pid!);
    expect(livenessOf(identity)).toBe('alive');
    child.kill();
    await once(child, 'exit');
    expect(livenessOf(identity)).toBe('dead');
  });
});
