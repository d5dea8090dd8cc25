#!/usr/bin/env node
/**
 * Starts dist/cli.cjs with the code that V8 compiled when it was built, which is half of what a short command would
 * otherwise spend; so it does with the files beside it that cli.cjs asks for. Another version of node rejects that code
 * and compiles for itself. The files are ASCII, and have node's wrapper around them: nothing is decoded or put together
 * before it is compiled.
 */
import fs = require('node:fs');
import Module = require('node:module');
import path = require('node:path');
import v8 = require('node:v8');
import vm = require('node:vm');

interface Program {
  main(argv: string[]): Promise<void>;
}

function load(file: string): unknown {
  const known = require.cache[file];
  if (known) return known.exports;
  const cache = `${file}.cache`;
  const cachedData = fs.existsSync(cache) ? fs.readFileSync(cache) : undefined;
  const script = new vm.Script(fs.readFileSync(file).toString('latin1'), { filename: file, cachedData });
  const loaded = new Module(file);
  loaded.filename = file;
  loaded.loaded = true;
  // oclif asks for the commands by this path, and must get these and not load them again.
  require.cache[file] = loaded as NodeJS.Module;
  const nodes = Module.createRequire(file);
  const own = (id: string): unknown =>
    /^\.\/[\w-]+\.cjs$/.test(id) ? load(path.join(__dirname, id)) : nodes(id);
  script.runInThisContext()(loaded.exports, Object.assign(own, nodes), loaded, file, __dirname);
  if (process.env.VPORTS_BUILD_CACHE)
    process.on('exit', () => fs.writeFileSync(cache, script.createCachedData()));
  return loaded.exports;
}

// A function is optimized when it has run about twice as long as is usual: most commands end before what that costs comes back.
// Said first, as V8 rejects code that was compiled under other flags.
v8.setFlagsFromString('--interrupt-budget=300000');
const program = load(path.join(__dirname, 'cli.cjs')) as Program;
void program.main(process.argv.slice(2));
