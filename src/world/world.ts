import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { hostname } from 'node:os';
import type { PortRef } from '../../events/port.js';
import type { ProcessTable } from './process-table.js';
import type { Transport } from './transport.js';

/**
 * What the log and its writers know of anything outside of themselves: the clock, chance, files, processes, remotes. There is one,
 * the system's, unless a simulation hands in another before it calls anything.
 */
export interface World {
  /** The wall clock, which may be wrong and may jump: milliseconds since 1970. */
  now(): number;
  /** Milliseconds on a clock that nobody sets and all processes of a machine share: since it was started. */
  elapsed(): number;
  /** Does something later, once; gives how not to. */
  after(milliseconds: number, work: () => void): () => void;
  /** Does something in the next turn of the event loop. */
  soon(work: () => void): void;
  /** From 0 to 1. */
  random(): number;
  randomBytes(length: number): Buffer;
  pid: number;
  hostname(): string;
  files: Files;
  /** fsync(2), beside others. */
  sync(descriptor: number, done: (error: Error | null) => void): void;
  /** Calls back once something happens to a file; gives how to stop. Throws where it cannot be watched. */
  watch(path: string, happened: (change: 'rename' | 'change') => void, failed: () => void): () => void;
  /** Other processes; undefined for those of the system. */
  processes?: ProcessTable | undefined;
  /** What talks to a remote; undefined for git, or isomorphic-git. */
  openTransport?: ((place: TransportPlace) => Transport) | undefined;
  /** Whether a port is bound on this machine; undefined for a look at its sockets. */
  isBound?: ((ref: PortRef) => boolean) | undefined;
}

/** A remote, and what it is talked to from. */
export interface TransportPlace {
  url: string;
  /** The git directory of the objects. */
  commondir: string;
  /** The git directory that has what was fetched below `refs/remotes/origin/`. */
  gitdir: string;
}

/** The calls of node:fs that are used here. */
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

/** The world that everything here is in. */
export let world = system;

/** Puts this instance of the program into another world. */
export function handIn(other: World): void {
  world = other;
}
