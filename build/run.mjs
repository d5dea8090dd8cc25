/** Builds dist/: the program, the library with its types, and oclif's manifest. Nothing that was built is run on a registry. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { writeAssignedPorts } from './assigned-ports.mjs';
import { bundleLibrary, bundleProgram } from './bundle.mjs';
import { writeManifest } from './manifest.mjs';

rmSync('dist', { recursive: true, force: true });
await Promise.all([bundleProgram(), bundleLibrary()]);
writeAssignedPorts('dist/assigned-ports.txt');
await writeManifest('oclif.manifest.json');
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json'], {
  stdio: 'inherit',
});
