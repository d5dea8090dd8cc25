/** Builds dist/: the program, the library with its types, oclif's manifest and the man page. Nothing that was built is run on a registry. */
import { mkdirSync, rmSync } from 'node:fs';
import { writeAssignedPorts } from './assigned-ports.mjs';
import { bundleLibrary, bundleProgram } from './bundle.mjs';
import { writeManPage } from './man-page.mjs';
import { writeManifest } from './manifest.mjs';
import { writeMapPage } from './map-page.mjs';
import { writeNotices } from './notices.mjs';
import { writeTypes } from './types.mjs';

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
await writeMapPage('dist/map.html');
await Promise.all([bundleProgram(), bundleLibrary()]);
writeNotices('dist/THIRD-PARTY-NOTICES.txt');
writeAssignedPorts('dist/assigned-ports.txt');
await writeManifest('oclif.manifest.json');
writeManPage('oclif.manifest.json', 'dist/vports.1');
writeTypes();
