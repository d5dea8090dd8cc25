import { oneLine } from '../control-characters.js';
import type { DocumentProblem } from '../registry/decide/drift/document-problem.js';
import { annotation } from './annotation.js';

export type ProblemFormat = 'text' | 'github';

/** `FILE:LINE: error CODE: …` like compilers, or GitHub annotations. */
export function renderDocumentProblems(problems: DocumentProblem[], format: ProblemFormat): string {
  return problems
    .map((it) => {
      const message = `${it.message}${it.fix ? ` (${it.fix})` : ''}`;
      if (format === 'github')
        return annotation(
          it.level,
          { file: it.file, line: it.line, col: it.column, title: it.code },
          message,
        );
      const place = [it.file, it.line, it.column].filter((part) => part !== null).join(':');
      return oneLine(`${place}: ${it.level} ${it.code}: ${message}`);
    })
    .join('\n');
}
