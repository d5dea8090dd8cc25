import type { Diagnosis } from '../registry/verbs/doctor.js';

export function renderFindings({ findings }: Diagnosis): string {
  if (findings.length === 0) return 'no problems found';
  return findings
    .flatMap(({ level, code, message, hint, fixed }) => [
      `${fixed ? 'fixed' : level} ${code}: ${message}`,
      ...(hint && !fixed ? [`  ${hint}`] : []),
    ])
    .join('\n');
}
