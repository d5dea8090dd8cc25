import { writeFileSync } from 'node:fs';
import { Plugin } from '@oclif/core';

/** What oclif prints help from, so that help loads no command. */
export async function writeManifest(file) {
  const plugin = new Plugin({
    root: process.cwd(),
    type: 'core',
    ignoreManifest: true,
    errorOnManifestCreate: true,
  });
  await plugin.load();
  writeFileSync(file, `${JSON.stringify(plugin.manifest, withoutUnset)}\n`);
}

/** oclif takes these for false where they are missing. */
function withoutUnset(key, value) {
  return value === false && ['hasDynamicHelp', 'multiple', 'allowNo'].includes(key) ? undefined : value;
}
