/**
 * What `npm pack` does around its work: package.json as it is published has no scripts, which would run where it is installed from git or a
 * folder, and no packages, as all that is used of them is in dist/. `restore` puts the other one back.
 */
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

const KEPT = 'package.json.kept';

if (process.argv[2] === 'restore') renameSync(KEPT, 'package.json');
else {
  copyFileSync('package.json', KEPT);
  const { scripts, devDependencies, ...published } = JSON.parse(readFileSync(KEPT, 'utf8'));
  writeFileSync('package.json', `${JSON.stringify(published, null, 2)}\n`);
}
