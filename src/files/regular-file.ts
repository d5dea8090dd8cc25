import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { closeSync, fstatSync, openSync, readFileSync, readSync } from '../world/files.js';

/** Documents and settings are smaller; a larger file is not read into memory. Bytes. */
const LARGEST = 32 * 2 ** 20;

/** Most files share one buffer: thousands of buffers would keep the garbage collector busy. Bytes. */
const USUAL = 64 * 2 ** 10;
let usual: Buffer | undefined;

/**
 * Reads a regular UTF-8 file. Throws an error with a `code`: the system's, `EFBIG` above `largest` bytes, `EILSEQ` for invalid
 * UTF-8, `EISDIR` for a folder, and `ENOTSUP` for a pipe or a device, which could block the reader for ever.
 */
export function readRegularText(path: string, largest = LARGEST): string {
  return readRegular(path, largest, (bytes) => {
    if (!isUtf8(bytes)) throw failed(path, 'EILSEQ', 'is not UTF-8');
    return bytes.toString('utf8');
  });
}

/** The same for any bytes; returns a copy. */
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

/** The returned bytes are valid until the next file is read. */
function bytesOf(descriptor: number, size: number): Buffer {
  if (size >= USUAL) return readFileSync(descriptor);
  usual ??= Buffer.allocUnsafeSlow(USUAL);
  const length = readSync(descriptor, usual, 0, USUAL, 0);
  // Some files have no size according to the system, and others grow while they are read.
  return length === size && size > 0 ? usual.subarray(0, length) : readFileSync(descriptor);
}

function failed(path: string, code: string, what: string): Error {
  return Object.assign(new Error(`${path} ${what}`), { code, path });
}
