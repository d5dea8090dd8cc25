import ignore, { type Ignore } from 'ignore';

/** Stars of one name, folders of any depth of one pattern, and characters: nobody's own patterns have more. */
const [MOST_STARS, MOST_DEPTHS, LONGEST] = [3, 3, 500];

/**
 * Patterns as .gitignore has them. One that would take forever to match, as each of its stars is tried against the others, ignores nothing:
 * what it names is looked at.
 */
export function ignoreRules(patterns: string | readonly string[]): Ignore {
  const lines = typeof patterns === 'string' ? patterns.split(/\r?\n/) : patterns;
  return ignore().add(lines.filter(isQuick));
}

function isQuick(pattern: string): boolean {
  const names = pattern.split('/');
  const depths = names.filter((name) => /^\*\*+$/.test(name)).length;
  const stars = names.map((name) => (/^\*\*+$/.test(name) ? 0 : (name.match(/\*+/g) ?? []).length));
  return pattern.length <= LONGEST && depths <= MOST_DEPTHS && Math.max(...stars) <= MOST_STARS;
}
