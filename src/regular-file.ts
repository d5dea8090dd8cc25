import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** Documents and settings are small; what is larger is none, and is not read into memory. Bytes. */
const LARGEST = 32 * 2 ** 20;

/**
 * The bytes of a regular file. Throws an error with a `code`: as the system says it, `EFBIG` for more than `largest` bytes, and
 * `ENOTSUP` for a pipe, a device or a folder, which could keep the reader waiting for ever.
 */
export function readRegularFile(path: string, largest = LARGEST): Buffer {
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile()) throw Object.assign(new Error(`${path} is no file`), { code: 'ENOTSUP' });
    if (found.size > largest) throw Object.assign(new Error(`${path} is too large`), { code: 'EFBIG' });
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
