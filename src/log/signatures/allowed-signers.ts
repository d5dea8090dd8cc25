import { globMatches } from '../../policy/policy.js';

/** A line of an `allowed_signers` file, ssh-keygen(1). */
export interface AllowedSigner {
  keyBlob: Buffer;
  /** Whether it names an e-mail address, for a namespace, at a time (milliseconds since 1970); else why not. */
  refusal: (email: string, namespace: string, at: number) => string | undefined;
}

/** Lines that are empty, comments or not understood are left out; `onProblem` gets each of the last kind, with its number from 1. */
export function parseAllowedSigners(
  text: string,
  onProblem: (line: number, why: string) => void = () => undefined,
): AllowedSigner[] {
  return text.split('\n').flatMap((line, index) => {
    const bare = line.trim();
    if (bare === '' || bare.startsWith('#')) return [];
    const parsed = parseLine(bare);
    if (typeof parsed !== 'string') return [parsed];
    onProblem(index + 1, parsed);
    return [];
  });
}

/** Words with their quotes: a quoted part may hold blanks and commas. */
const WORD = /(?:[^\s"]|"[^"]*")+/g;
const KIND = /^(ssh-|ecdsa-|sk-)/;

function parseLine(line: string): AllowedSigner | string {
  const [principals, ...words] = line.match(WORD) ?? [];
  const hasOptions = words[0] !== undefined && !KIND.test(words[0]);
  const options = optionsOf(hasOptions ? words[0]! : '');
  const [kind, base64] = hasOptions ? words.slice(1) : words;
  if (
    principals === undefined ||
    kind === undefined ||
    !KIND.test(kind) ||
    !/^[A-Za-z0-9+/]+=*$/.test(base64 ?? '')
  )
    return 'it has no key';
  if (options.has('cert-authority')) return 'certificate authorities are not supported';
  for (const name of options.keys())
    if (!['namespaces', 'valid-after', 'valid-before'].includes(name))
      return `the option ${JSON.stringify(name.slice(0, 40))} is not supported`;
  const [after, before] = ['valid-after', 'valid-before'].map((name) => timeOf(options.get(name)));
  if (Number.isNaN(after) || Number.isNaN(before)) return 'it has a time that is none';
  const patterns = patternsOf(principals);
  const namespaces = options.get('namespaces');
  return {
    keyBlob: Buffer.from(base64!, 'base64'),
    refusal: (email, namespace, at) => {
      if (!matchesAny(patterns, email.toLowerCase()))
        return `the key belongs to ${unquoted(principals).slice(0, 100)}, not to ${email}`;
      if (namespaces !== undefined && !matchesAny(patternsOf(namespaces), namespace))
        return `the key may sign for ${namespaces.slice(0, 100)}, not for ${namespace}`;
      if (after !== undefined && at < after) return 'the key was not valid yet';
      if (before !== undefined && at >= before) return 'the key was not valid any more';
      return undefined;
    },
  };
}

function optionsOf(text: string): Map<string, string> {
  const parts = text.match(/(?:[^,"]|"[^"]*")+/g) ?? [];
  return new Map(
    parts.map((part) => {
      const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(part) ?? [];
      return [name.toLowerCase(), unquoted(value)];
    }),
  );
}

/** `20261130`, `202611301200`, `20261130120000`, in UTC with a Z, else in this machine's time zone; undefined where none is given. */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, y, mo, d, h = '00', mi = '00', s = '00', zone = ''] =
    /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z?)$/i.exec(text) ?? [];
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}${zone.toUpperCase()}`);
}

function patternsOf(list: string): string[] {
  return unquoted(list)
    .toLowerCase()
    .split(',')
    .map((it) => it.trim());
}

/** `*`, `?` and, before a pattern, `!`: one that is excluded is not matched by any other. */
function matchesAny(patterns: string[], text: string): boolean {
  const isExcluded = patterns.some((it) => it.startsWith('!') && globMatches(it.slice(1), text));
  return !isExcluded && patterns.some((it) => !it.startsWith('!') && globMatches(it, text));
}

function unquoted(text: string): string {
  return text.replaceAll('"', '');
}
