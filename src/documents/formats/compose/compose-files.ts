/** The names under which compose looks for its file, in its order (docs.docker.com/reference/cli/docker/compose). */
export const COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

/** All compose files, with variants, overrides and stacks: `docker-compose-prod.yml`, `compose.images.yaml`, `docker-stack.yml`. */
export function isComposeFile(name: string): boolean {
  return /^(docker-)?(compose|stack)([._-][\w.-]+)?\.ya?ml$/i.test(name);
}

/** Sorts the files of one project: the one that compose itself picks, then its overrides, then the others by name. */
export function compareVariants(a: string, b: string): number {
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** The override file that compose reads by default. */
export function isDefaultOverride(name: string): boolean {
  return /^(docker-)?compose\.override\.ya?ml$/.test(name);
}

function rank(name: string): number {
  const at = COMPOSE_FILES.indexOf(name);
  if (at >= 0) return at;
  return /override/i.test(name) ? COMPOSE_FILES.length : COMPOSE_FILES.length + 1;
}
