import { createHash } from 'node:crypto';
import fs from 'node:fs';
import Module from 'node:module';
import path from 'node:path';
import vm from 'node:vm';
import { rename } from '../files/rename.js';
import { cacheFolder, isPrivateFolder } from '../files/user-folders.js';

declare const VPORTS_PROGRAM_HASH: string;
declare const VPORTS_FIRST_WORDS: string[];
/** There from Node 22 on. */
const { enableCompileCache } = Module as { enableCompileCache?: (folder: string) => unknown };

/** Folders of other versions are removed when a new one is made and these have not been used for so long, in milliseconds. */
const FORGOTTEN = 30 * 24 * 3600_000;

/**
 * Loads a CommonJS file of ours, and the files beside it that it asks for, from the code that V8 made of them when this
 * user last ran `command`. V8 checks neither its own patch level nor the processor, so none is shipped: it is kept in the
 * user's cache, by node, system and program, and only read from a folder that nobody else may write to. From Node 22 on
 * node does it; before, it is done here. Where nothing can be kept, V8 compiles anew.
 */
export function loadCompiled(file: string, command: string): unknown {
  const folder = codeFolder(file, command);
  if (folder === undefined || enableCompileCache) {
    if (folder !== undefined) enableCompileCache?.(folder);
    return Module.createRequire(file)(file);
  }
  return loadFrom(file, folder);
}

/** One for each command: what two have in common is compiled twice, and neither has to read what only the other runs. */
function codeFolder(file: string, command: string): string | undefined {
  if (process.env.NODE_DISABLE_COMPILE_CACHE) return undefined;
  try {
    const { size, mtimeMs } = fs.statSync(file);
    const node = fs.statSync(process.execPath);
    const key = [
      process.version,
      process.platform,
      process.arch,
      VPORTS_PROGRAM_HASH,
      size,
      mtimeMs,
      node.size,
      node.mtimeMs,
    ];
    const all = path.join(cacheFolder(), 'code');
    const own = path.join(all, key.join('-'));
    const isNew = !fs.existsSync(own);
    if (!isPrivateFolder(all) || !isPrivateFolder(own)) return undefined;
    if (isNew) forgetOthers(all);
    const folder = path.join(own, VPORTS_FIRST_WORDS.includes(command) ? command : 'other');
    return isPrivateFolder(folder) ? folder : undefined;
  } catch {
    return undefined;
  }
}

function forgetOthers(all: string): void {
  for (const name of fs.readdirSync(all)) {
    const other = path.join(all, name);
    if (Date.now() - fs.lstatSync(other).mtimeMs > FORGOTTEN)
      fs.rmSync(other, { recursive: true, force: true });
  }
}

function loadFrom(file: string, folder: string): unknown {
  const known = require.cache[file];
  if (known) return known.exports;
  const cache = path.join(folder, `${path.basename(file)}.bin`);
  const cachedData = readCode(cache);
  const source = Module.wrap(fs.readFileSync(file, 'utf8'));
  const script = new vm.Script(source, { filename: file, cachedData });
  const loaded = new Module(file);
  loaded.filename = file;
  loaded.loaded = true;
  require.cache[file] = loaded as NodeJS.Module;
  const nodes = Module.createRequire(file);
  const own = (id: string): unknown =>
    /^\.\/[\w-]+\.cjs$/.test(id) ? loadFrom(path.join(path.dirname(file), id), folder) : nodes(id);
  script.runInThisContext()(loaded.exports, Object.assign(own, nodes), loaded, file, path.dirname(file));
  if (cachedData === undefined || script.cachedDataRejected)
    process.once('exit', () => writeCode(cache, script.createCachedData()));
  return loaded.exports;
}

/** 32 bytes that say what the rest is, and the rest. Undefined for what is not there, not ours, cut short or edited. */
function readCode(file: string): Buffer | undefined {
  try {
    const descriptor = fs.openSync(
      file,
      fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW,
    );
    try {
      const found = fs.fstatSync(descriptor);
      const isOurs =
        process.getuid === undefined || (found.uid === process.getuid() && (found.mode & 0o022) === 0);
      if (!found.isFile() || !isOurs) return undefined;
      const bytes = fs.readFileSync(descriptor);
      const code = bytes.subarray(32);
      return bytes.subarray(0, 32).equals(digestOf(code, file)) ? code : undefined;
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

function writeCode(file: string, code: Buffer): void {
  const temporary = `${file}.${process.pid}`;
  try {
    fs.writeFileSync(temporary, Buffer.concat([digestOf(code, file), code]), { flag: 'wx', mode: 0o600 });
    rename(temporary, file);
  } catch {
    // A full disk: the next start compiles again.
    fs.rmSync(temporary, { force: true });
  }
}

/** The path is in it, as it says for which node, system and program the code is. */
function digestOf(code: Buffer, file: string): Buffer {
  return createHash('sha256').update(file).update('\0').update(code).digest();
}
