import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { hostname } from 'node:os';
import type { PortRef } from '../../events/port.js';
import type { ProcessTable } from './process-table.js';
import type { Transport } from './transport.js';

/**
 * Everything the log needs from outside: clock, randomness, files, processes, remotes. There is one, the system's, unless a simulation
 * replaces it before any call.
 */
export interface World {
  /** Wall clock in milliseconds since 1970; may be wrong, and may jump. */
  now(): number;
  /** Monotonic clock in milliseconds since the start of the machine, the same for all its processes. */
  elapsed(): number;
  /** Runs `work` once after a delay; returns a function that cancels it. */
  after(milliseconds: number, work: () => void): () => void;
  /** Runs `work` in the next turn of the event loop. */
  soon(work: () => void): void;
  /** From 0 up to 1. */
  random(): number;
  randomBytes(length: number): Buffer;
  pid: number;
  hostname(): string;
  files: Files;
  /** fsync(2) without blocking. */
  sync(descriptor: number, done: (error: Error | null) => void): void;
  /** Calls back when a file changes; returns a function that stops it. Throws if the file cannot be watched. */
  watch(path: string, happened: (change: 'rename' | 'change') => void, failed: () => void): () => void;
  /** Other processes; undefined for the system's own. */
  processes?: ProcessTable | undefined;
  /** Undefined for git or isomorphic-git. */
  openTransport?: ((place: TransportPlace) => Transport) | undefined;
  /** Whether a port is bound on this machine; undefined to look at its sockets. */
  isBound?: ((ref: PortRef) => boolean) | undefined;
}

/** A remote, and the repository that talks to it. */
export interface TransportPlace {
  url: string;
  /** The git directory with the objects. */
  commondir: string;
  /** The git directory with the fetched refs, below `refs/remotes/origin/`. */
  gitdir: string;
}

export type Files = Pick<
  typeof fs,
  | 'chmodSync'
  | 'closeSync'
  | 'copyFileSync'
  | 'existsSync'
  | 'fstatSync'
  | 'fsyncSync'
  | 'lchownSync'
  | 'linkSync'
  | 'lstatSync'
  | 'mkdirSync'
  | 'mkdtempSync'
  | 'openSync'
  | 'readFileSync'
  | 'readSync'
  | 'readdirSync'
  | 'readlinkSync'
  | 'realpathSync'
  | 'renameSync'
  | 'rmSync'
  | 'rmdirSync'
  | 'statSync'
  | 'symlinkSync'
  | 'unlinkSync'
  | 'writeFileSync'
  | 'writeSync'
>;

const system: World = {
  now: () => Date.now(),
  elapsed: () => Number(process.hrtime.bigint()) / 1e6,
  after: (milliseconds, work) => {
    const timer = setTimeout(work, milliseconds);
    return () => clearTimeout(timer);
  },
  soon: (work) => void setImmediate(work),
  random: () => Math.random(),
  randomBytes: (length) => randomBytes(length),
  pid: process.pid,
  hostname,
  files: fs,
  sync: fs.fsync,
  watch: (path, happened, failed) => {
    const watcher = fs.watch(path, happened).on('error', failed);
    return () => watcher.close();
  },
};

export let world = system;

export function handIn(other: World): void {
  world = other;
}
