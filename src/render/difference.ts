import type { Differences } from '../registry/verbs/read/diff.js';
import { changesTable, sentence } from '../review/summary.js';

export function renderDifferences(differences: Differences, format: 'text' | 'markdown'): string {
  const { allocated, released, moved, described, renewed } = differences;
  const changes = [...allocated, ...released, ...moved, ...described, ...renewed].sort(
    (a, b) => a.port - b.port,
  );
  if (changes.length === 0) return format === 'text' ? 'nothing changed' : 'Nothing changed.';
  return format === 'text' ? changes.map(sentence).join('\n') : changesTable(changes);
}
