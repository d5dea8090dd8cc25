import { type Dirent, existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';

/** Never looked into, whatever .gitignore says. */
const SKIPPED = new Set(['node_modules', '.git']);

/**
 * The folders below and at `root` that have a service.json, by name. Passed over are `node_modules`, `.git`, what
 * .gitignore names, links, and what may not be read.
 */
export function findResourceFolders(root: string): string[] {
  const found: string[] = [];
  const outer = outerRules(root);
  // Who names a folder that is ignored wants to look into it.
  walk(root, outer.some((it) => ignores(it, root)) ? [] : outer, found);
  return found.sort();
}

/** What the .gitignore files above a folder say, from the root of its git work tree down. */
function outerRules(root: string): Rules[] {
  const above: string[] = [];
  for (let at = root; ; at = dirname(at)) {
    if (at !== root) above.unshift(at);
    if (existsSync(join(at, '.git')))
      return above.filter((it) => existsSync(join(it, '.gitignore'))).map(rulesIn);
    if (dirname(at) === at) return [];
  }
}

interface Rules {
  folder: string;
  matcher: Ignore;
}

function walk(folder: string, outer: Rules[], found: string[]): void {
  const entries = entriesOf(folder);
  const own = entries.some((it) => it.isFile() && it.name === '.gitignore') ? [rulesIn(folder)] : [];
  const rules = [...outer, ...own];
  const has = (name: string) => entries.some((it) => it.name === name && !it.isDirectory());
  if (has('service.json') || existsSync(join(folder, '.vrooli', 'service.json'))) found.push(folder);
  for (const entry of entries) {
    // `.vrooli` holds the service.json of the folder it is in.
    if (!entry.isDirectory() || SKIPPED.has(entry.name) || entry.name === '.vrooli') continue;
    const path = join(folder, entry.name);
    if (!rules.some((it) => ignores(it, path))) walk(path, rules, found);
  }
}

function rulesIn(folder: string): Rules {
  let text = '';
  try {
    text = readFileSync(join(folder, '.gitignore'), 'utf8');
  } catch {
    // What may not be read ignores nothing.
  }
  return { folder, matcher: ignore().add(text) };
}

function ignores({ folder, matcher }: Rules, path: string): boolean {
  return matcher.ignores(`${relative(folder, path).split(sep).join('/')}/`);
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
