import { join, relative, sep } from 'node:path';
import { packageRoot } from '../../files/package-root.js';
import type { RunnerKind } from '../../policy/policy.js';
import { readdirSync, readFileSync } from '../../world/files.js';

export interface TemplateFile {
  path: string;
  content: Buffer;
}

/** Files of `registry-repo/` that replace their namesakes for a registry inside another repository. */
const IN_REPO = 'in-repo/';

/** Whose workflow a registry gets. Forgejo has the format of Gitea, and its own folder. */
export type WorkflowHost = RunnerKind | 'forgejo';

const WORKFLOWS = { github: '.github/', forgejo: '.forgejo/', gitea: '.gitea/', gitlab: '.gitlab-ci.yml' };

export function template(host: WorkflowHost = 'github'): TemplateFile[] {
  const others = Object.values(WORKFLOWS).filter((it) => it !== WORKFLOWS[host]);
  return templateFiles()
    .map(({ path, content }) => ({
      path: host === 'gitea' ? path.replace(WORKFLOWS.forgejo, WORKFLOWS.gitea) : path,
      content,
    }))
    .filter(({ path }) => ![IN_REPO, ...others].some((it) => path.startsWith(it)));
}

/** The files for a folder of a monorepo: hosts look for workflows and owners at its root only. */
export function templateInRepo(): TemplateFile[] {
  const own = templateFiles().filter(({ path }) => path.startsWith(IN_REPO));
  const instead = own.map((it) => ({ ...it, path: it.path.slice(IN_REPO.length) }));
  const kept = template().filter(({ path }) => KEPT_IN_REPO.includes(path));
  return [...kept, ...instead];
}

const KEPT_IN_REPO = [
  '.gitattributes',
  'policy.json',
  'schemas/policy.schema.json',
  'schemas/vports.schema.json',
];

/** The files of `registry-repo/` by path, embedded by the build: a bundle may be moved, or be in an archive. */
declare const VPORTS_TEMPLATES: Record<string, string> | undefined;

function templateFiles(): TemplateFile[] {
  if (typeof VPORTS_TEMPLATES !== 'undefined')
    return Object.entries(VPORTS_TEMPLATES).map(([path, text]) => ({ path, content: Buffer.from(text) }));
  const root = join(packageRoot(), 'registry-repo');
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => {
    const file = join(entry.parentPath, entry.name);
    return { path: relative(root, file).split(sep).join('/'), content: readFileSync(file) };
  });
}
