#!/usr/bin/env node
/**
 * Starts dist/cli.cjs with the code that V8 compiled when it was built, which is half of what a short command would
 * otherwise spend. Another version of node rejects that code and compiles for itself. The file is ASCII, and has node's
 * wrapper around it: nothing is decoded or put together before it is compiled.
 */
import fs = require('node:fs');
import Module = require('node:module');
import path = require('node:path');
import vm = require('node:vm');

interface Program {
  main(argv: string[]): Promise<void>;
}

const program = path.join(__dirname, 'cli.cjs');
const cache = `${program}.cache`;

function start(): void {
  const cachedData = fs.existsSync(cache) ? fs.readFileSync(cache) : undefined;
  const script = new vm.Script(fs.readFileSync(program).toString('latin1'), {
    filename: program,
    cachedData,
  });
  const loaded = new Module(program);
  loaded.filename = program;
  loaded.loaded = true;
  // oclif asks for the commands by this path, and must get these and not load them again.
  require.cache[program] = loaded as NodeJS.Module;
  script.runInThisContext()(loaded.exports, Module.createRequire(program), loaded, program, __dirname);
  void (loaded.exports as Program).main(process.argv.slice(2));
  if (process.env.VPORTS_BUILD_CACHE)
    process.on('exit', () => fs.writeFileSync(cache, script.createCachedData()));
}

start();
