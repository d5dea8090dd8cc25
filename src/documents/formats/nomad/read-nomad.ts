import { asPortName } from '../command-ports.js';
import { type DocumentFormat, placesIn } from '../port-entry.js';
import { portsMatching } from '../port-here.js';

/** `port "http" { static = 8500 }` of a job (developer.hashicorp.com/nomad/docs/job-specification/network). */
const STATIC = /\bport\s+"(?<name>[^"\n]+)"\s*\{[^{}]*?\bstatic\s*=\s*(?<port>\d{1,5})\b/g;

export const nomad: DocumentFormat = {
  id: 'nomad',
  says: 'publisher',
  matches: (name) => /\.(nomad|hcl)$/.test(name),
  fits: (text) => text.includes('static') && /^[ \t]*job\s+"/m.test(text),
  read(text) {
    const job = /^[ \t]*job\s+"([^"\n]+)"/m.exec(text)?.[1];
    return portsMatching(text, STATIC, placesIn(text), ({ groups }) => {
      const name = asPortName(groups!.name!);
      return { ...(job !== undefined && { resource: job }), ...(name !== undefined && { name }) };
    });
  },
};
