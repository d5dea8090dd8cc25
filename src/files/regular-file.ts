import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { closeSync, fstatSync, openSync, readFileSync, readSync } from '../world/files.js';

/** Documents and settings are small; what is larger is none, and is not read into memory. Bytes. */
const LARGEST = 32 * 2 ** 20;

/** One buffer for most files: a buffer of its own for each of thousands keeps the garbage collector busy. Bytes. */
const USUAL = 64 * 2 ** 10;
let usual: Buffer | undefined;

/**
 * The text of a regular file in UTF-8. Throws an error with a `code`: as the system says it, `EFBIG` for more than `largest` bytes,
 * `EILSEQ` for what is not UTF-8, `EISDIR` for a folder, and `ENOTSUP` for a pipe or a device, which could keep the reader waiting for ever.
 */
export function readRegularText(path: string, largest = LARGEST): string {
  return readRegular(path, largest, (bytes) => {
    if (!isUtf8(bytes)) throw failed(path, 'EILSEQ', 'is not UTF-8');
    return bytes.toString('utf8');
  });
}

/** The same for bytes of any kind: a copy of them. */
export function readRegularBytes(path: string, largest = LARGEST): Buffer {
  return readRegular(path, largest, (bytes) => Buffer.from(bytes));
}

function readRegular<T>(path: string, largest: number, take: (bytes: Buffer) => T): T {
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile()) throw failed(path, found.isDirectory() ? 'EISDIR' : 'ENOTSUP', 'is not a file');
    if (found.size > largest) throw failed(path, 'EFBIG', 'is too large');
    return take(bytesOf(descriptor, found.size));
  } finally {
    closeSync(descriptor);
  }
}

/** They are good until the next file is read. */
function bytesOf(descriptor: number, size: number): Buffer {
  if (size >= USUAL) return readFileSync(descriptor);
  usual ??= Buffer.allocUnsafeSlow(USUAL);
  const length = readSync(descriptor, usual, 0, USUAL, 0);
  // Some files have no size that the system would tell, and others grow while they are read.
  return length === size && size > 0 ? usual.subarray(0, length) : readFileSync(descriptor);
}

function failed(path: string, code: string, what: string): Error {
  return Object.assign(new Error(`${path} ${what}`), { code, path });
}
