import type { Diagnosis } from '../registry/verbs/doctor.js';

/** A finding with the way out of it below. */
export function renderFindings({ findings }: Diagnosis): string {
  if (findings.length === 0) return 'nothing to say';
  return findings
    .flatMap(({ level, code, message, hint, fixed }) => [
      `${fixed ? 'mended' : level} ${code}: ${message}`,
      ...(hint && !fixed ? [`  ${hint}`] : []),
    ])
    .join('\n');
}
