import { asPortName } from '../command-ports.js';
import type { DocumentFormat } from '../port-entry.js';
import { portsMatching } from '../port-here.js';

/** `port "http" { static = 8500 }` of a job (developer.hashicorp.com/nomad/docs/job-specification/network). */
const STATIC = /\bport\s+"(?<name>[^"\n]+)"\s*\{[^{}]*?\bstatic\s*=\s*"?(?<port>\d{1,5})\b/g;
const TASK = /^[ \t]*(?:task|group)\s+"([^"\n]+)"/gm;

export const nomad: DocumentFormat = {
  id: 'nomad',
  says: 'publisher',
  matches: (name) => /\.(nomad|hcl|job)$/.test(name),
  fits: (text) => text.includes('static') && /^[ \t]*job\s+"/m.test(text),
  read(text) {
    const job = /^[ \t]*job\s+"([^"\n]+)"/m.exec(text)?.[1];
    const labels = [...text.matchAll(STATIC)].map(({ groups }) => groups!.name!);
    return portsMatching(text, STATIC, ({ groups, index }) => {
      const label = groups!.name!;
      const isUnique = labels.filter((it) => it === label).length === 1;
      const name = asPortName(isUnique ? label : (taskAt(text, index!) ?? label));
      return { ...(job !== undefined && { resource: job }), ...(name !== undefined && { name }) };
    });
  },
};

/** The task or group that a place is in: two tasks of a job may give their ports one label. */
function taskAt(text: string, offset: number): string | undefined {
  return [...text.slice(0, offset).matchAll(TASK)].at(-1)?.[1];
}
