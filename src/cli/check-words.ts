import { badUsage, type VportsError } from '../errors.js';
import { nearest } from '../nearest.js';
import type { Declared } from './oclif.js';

interface KnownFlag {
  name: string;
  char?: string;
  type: 'boolean' | 'option';
  multiple?: boolean;
  allowNo?: boolean;
  options?: readonly string[];
  min?: number;
  max?: number;
  dependsOn?: readonly string[];
  exclusive?: readonly string[];
}

/**
 * Checks the arguments of a command against its declaration. oclif's parser accepts `--fix=maybe` as `--fix`, does not suggest a
 * similar flag, and throws texts of its own. Throws BAD_USAGE.
 */
export function checkWords({ args, flags, strict }: Declared, argv: readonly string[]): void {
  const known = Object.entries(flags).map(([name, flag]) => ({ ...flag, name }) as KnownFlag);
  const given = new Set<string>();
  const positional: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    if (word === '--') {
      positional.push(...argv.slice(at + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') positional.push(word);
    else if (checkFlag(known, word, argv[at + 1], given)) at++;
  }
  checkTogether(known, given);
  checkArguments(args, strict, positional);
}

/** Returns whether the next word is the flag's value. */
function checkFlag(known: KnownFlag[], word: string, next: string | undefined, given: Set<string>): boolean {
  const [, text = '', joined] = /^([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  const flag = flagOf(known, text);
  if (!flag) throw unknownFlag(known, text);
  if (flag.type === 'boolean') {
    given.add(flag.name);
    if (joined !== undefined) throw badUsage(`--${flag.name} takes no value`, `write --${flag.name}`);
    // `-qy` is `-q -y`.
    return text.startsWith('--') || text.length === 2
      ? false
      : checkFlag(known, `-${word.slice(2)}`, next, given);
  }
  if (given.has(flag.name) && !flag.multiple)
    throw badUsage(`--${flag.name} is given twice`, `--${flag.name} takes one value`);
  given.add(flag.name);
  const attached = joined ?? (text.startsWith('--') || text.length === 2 ? undefined : text.slice(2));
  const value = attached ?? next;
  if (value === undefined || (attached === undefined && flagOf(known, value)))
    throw badUsage(`--${flag.name} needs a value`, `\`--${flag.name} VALUE\`${valuesOf(flag)}`);
  if (flag.options && !flag.options.includes(value)) throw noSuchValue(`--${flag.name}`, value, flag.options);
  checkNumber(flag, value);
  return attached === undefined;
}

function checkTogether(known: KnownFlag[], given: ReadonlySet<string>): void {
  for (const { name, dependsOn = [], exclusive = [] } of known.filter((it) => given.has(it.name))) {
    const missing = dependsOn.find((it) => !given.has(it));
    if (missing !== undefined) throw badUsage(`--${name} needs --${missing}`, `add --${missing}`);
    const other = exclusive.find((it) => given.has(it));
    if (other !== undefined)
      throw badUsage(`--${name} and --${other} exclude each other`, `leave out --${name} or --${other}`);
  }
}

function flagOf(known: KnownFlag[], word: string): KnownFlag | undefined {
  if (!word.startsWith('--'))
    return known.find(({ char }) => char !== undefined && word[0] === '-' && char === word[1]);
  const name = word.slice(2);
  return known.find((it) => it.name === name || (it.allowNo && `no-${it.name}` === name));
}

function unknownFlag(known: KnownFlag[], word: string): VportsError {
  const near = nearest(
    word,
    known.flatMap((it) => [`--${it.name}`, ...(it.allowNo ? [`--no-${it.name}`] : [])]),
  );
  return badUsage(
    `unknown option ${JSON.stringify(word.slice(0, 80))}`,
    near === undefined ? '--help shows the options of a command' : `did you mean ${near}?`,
  );
}

function checkNumber({ name, min, max }: KnownFlag, value: string): void {
  if (min === undefined) return;
  const isFitting = /^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= (max ?? Infinity);
  if (isFitting) return;
  const bounds = max === undefined ? `a number of at least ${min}` : `a number from ${min} to ${max}`;
  throw badUsage(
    `--${name} takes ${bounds}, not ${JSON.stringify(value.slice(0, 80))}`,
    `write --${name} ${min}`,
  );
}

function checkArguments(declared: Declared['args'], strict: boolean, given: readonly string[]): void {
  const args = Object.entries(declared);
  const usual = args.map(([name, { required }]) =>
    required ? name.toUpperCase() : `[${name.toUpperCase()}]`,
  );
  const hint =
    usual.length === 0
      ? 'this command takes no arguments; --help lists its options'
      : `the arguments are ${usual.join(' ')}${strict ? '' : '…'}; see --help`;
  const missing = args.filter(([, { required }], at) => required && given[at] === undefined);
  if (missing.length > 0)
    throw badUsage(`${missing.map(([name]) => name.toUpperCase()).join(' and ')} is missing`, hint);
  if (strict && given.length > args.length)
    throw badUsage(`${JSON.stringify(given[args.length]!.slice(0, 80))} is an unexpected argument`, hint);
  for (const [at, [name, { options }]] of args.entries())
    if (options && given[at] !== undefined && !options.includes(given[at]))
      throw noSuchValue(name.toUpperCase(), given[at], options);
}

function noSuchValue(what: string, value: string, options: readonly string[]): VportsError {
  const near = nearest(value, options);
  return badUsage(
    `${JSON.stringify(value.slice(0, 80))} is not a value of ${what}`,
    `${near === undefined ? '' : `did you mean ${near}? `}allowed: ${options.join(', ')}`,
  );
}

function valuesOf({ options }: KnownFlag): string {
  return options ? `: ${options.join(', ')}` : '';
}
