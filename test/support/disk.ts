import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, test } from 'vitest';
import { temporaryFolder } from './folders.js';
import { findProgram } from './programs.mjs';

/** `test` where a file can be mounted as a disk; else a skipped one that says so. */
export function testWithDisks(): typeof test {
  const mayMount =
    process.getuid?.() === 0 &&
    findProgram('mkfs.ext4') !== undefined &&
    spawnSync('losetup', ['-f']).status === 0;
  if (!mayMount)
    console.log('power cuts are not tested: no disk can be mounted here (root, mkfs.ext4, loop devices)');
  return mayMount ? test : (test.skip as typeof test);
}

/** A disk in a file, mounted. */
export function newDisk(): { path: string; cut: () => string } {
  const folder = temporaryFolder();
  const file = join(folder, 'disk');
  execFileSync('truncate', ['-s', '48M', file]);
  execFileSync('mkfs.ext4', ['-q', file]);
  let cuts = 0;
  const path = mounted(file, join(folder, 'mounted'));
  /** What the disk has at this moment, as another one: as after a power cut, what was not written yet is lost. */
  const cut = () => {
    const copy = join(folder, `cut-${++cuts}`);
    copyFileSync(file, copy);
    return mounted(copy, join(folder, `mounted-${cuts}`));
  };
  return { path, cut };
}

function mounted(file: string, at: string): string {
  mkdirSync(at);
  execFileSync('mount', ['-o', 'loop', file, at]);
  onTestFinished(() => void execFileSync('umount', ['--lazy', at]));
  return at;
}
