import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import zlib from 'node:zlib';
import { attempt } from '../attempt.js';
import { rename } from '../files/rename.js';
import { cacheFolder, isPrivateFolder } from '../files/user-folders.js';

declare const VPORTS_PROGRAM_HASH: string;
declare const VPORTS_FIRST_WORDS: string[];

/** Code of other versions is removed if unused for this long, in milliseconds. */
const FORGOTTEN = 30 * 24 * 3600_000;

/**
 * Loads a CommonJS file of ours, and the files it requires from the same folder, using the code that V8 compiled when this
 * user last ran `command`. V8 checks neither its patch level nor the processor, so none is shipped: it is cached per user, by
 * node, system and program, and only read from a folder that nobody else can write to. Node's own compile cache lacks the
 * functions that are compiled lazily.
 */
export function loadCompiled(file: string, command: string): unknown {
  const folder = codeFolder(file, command);
  return folder === undefined ? require(file) : loadFrom(file, folder);
}

/** One per command, so that no command reads code that only others run. */
function codeFolder(file: string, command: string): string | undefined {
  if (process.env.NODE_DISABLE_COMPILE_CACHE) return undefined;
  return attempt(() => {
    const { size, mtimeMs } = fs.statSync(file);
    const node = fs.statSync(process.execPath);
    const { version, platform, arch } = process;
    const key = [version, platform, arch, VPORTS_PROGRAM_HASH, size, mtimeMs, node.size, node.mtimeMs];
    const all = path.join(cacheFolder(), 'code');
    const own = path.join(all, key.join('-'));
    const isNew = !fs.existsSync(own);
    if (!isPrivateFolder(all) || !isPrivateFolder(own)) return undefined;
    if (isNew) forgetOthers(all);
    const folder = path.join(own, VPORTS_FIRST_WORDS.includes(command) ? command : 'other');
    return isPrivateFolder(folder) ? folder : undefined;
  });
}

function forgetOthers(all: string): void {
  for (const name of fs.readdirSync(all)) {
    const other = path.join(all, name);
    if (Date.now() - fs.lstatSync(other).mtimeMs > FORGOTTEN)
      fs.rmSync(other, { recursive: true, force: true });
  }
}

const loaded = new Map<string, { exports: object }>();

function loadFrom(file: string, folder: string): unknown {
  const known = loaded.get(file);
  if (known) return known.exports;
  const cache = path.join(folder, `${path.basename(file)}.bin`);
  const cachedData = readCode(cache);
  // The build is ASCII, and latin1 is the fastest decoding.
  const source = `(function (exports, require, module, __filename, __dirname) { ${fs.readFileSync(file, 'latin1')}\n})`;
  const script = new vm.Script(source, { filename: file, cachedData });
  const module = { exports: {} };
  loaded.set(file, module);
  const own = (id: string): unknown =>
    /^\.\/[\w-]+\.cjs$/.test(id) ? loadFrom(path.join(path.dirname(file), id), folder) : require(id);
  script.runInThisContext()(module.exports, Object.assign(own, require), module, file, path.dirname(file));
  if (cachedData === undefined || script.cachedDataRejected)
    process.once('exit', () => writeCode(cache, script.createCachedData()));
  return module.exports;
}

/** Undefined if the file is missing, not ours, truncated or edited. */
function readCode(file: string): Buffer | undefined {
  return attempt(() => {
    const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = fs.constants;
    const descriptor = fs.openSync(file, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    try {
      const found = fs.fstatSync(descriptor);
      const isOurs =
        process.getuid === undefined || (found.uid === process.getuid() && (found.mode & 0o022) === 0);
      if (!found.isFile() || !isOurs) return undefined;
      const bytes = fs.readFileSync(descriptor);
      const end = bytes.indexOf('\n');
      const code = bytes.subarray(end + 1);
      return bytes.toString('utf8', 0, end) === headOf(code, file) ? code : undefined;
    } finally {
      fs.closeSync(descriptor);
    }
  });
}

function writeCode(file: string, code: Buffer): void {
  const temporary = `${file}.${process.pid}`;
  try {
    fs.writeFileSync(temporary, Buffer.concat([Buffer.from(`${headOf(code, file)}\n`), code]), {
      flag: 'wx',
      mode: 0o600,
    });
    rename(temporary, file);
  } catch {
    // A full disk: the next start compiles again.
    fs.rmSync(temporary, { force: true });
  }
}

/**
 * The path names node, system and program. The checksum detects truncation; nobody else can write there, and a cryptographic hash
 * would cost 6 ms.
 */
function headOf(code: Buffer, file: string): string {
  return `${zlib.crc32(code)} ${JSON.stringify(file)}`;
}
