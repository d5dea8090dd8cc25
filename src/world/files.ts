import { type Files, world } from './world.js';

function call<Name extends keyof Files>(name: Name): Files[Name] {
  return ((...args: unknown[]) =>
    (world.files[name] as (...args: unknown[]) => unknown)(...args)) as Files[Name];
}

export const chmodSync = call('chmodSync');
export const closeSync = call('closeSync');
export const copyFileSync = call('copyFileSync');
export const existsSync = call('existsSync');
export const fstatSync = call('fstatSync');
export const fsyncSync = call('fsyncSync');
export const lchownSync = call('lchownSync');
export const linkSync = call('linkSync');
export const lstatSync = call('lstatSync');
export const mkdirSync = call('mkdirSync');
export const mkdtempSync = call('mkdtempSync');
export const openSync = call('openSync');
export const readFileSync = call('readFileSync');
export const readSync = call('readSync');
export const readdirSync = call('readdirSync');
export const readlinkSync = call('readlinkSync');
export const realpathSync = call('realpathSync');
export const renameSync = call('renameSync');
export const rmSync = call('rmSync');
export const rmdirSync = call('rmdirSync');
export const statSync = call('statSync');
export const unlinkSync = call('unlinkSync');
export const symlinkSync = call('symlinkSync');
export const writeFileSync = call('writeFileSync');
export const writeSync = call('writeSync');
