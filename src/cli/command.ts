import { escapeControlCharacters, safeJson } from '../control-characters.js';
import { VportsError, type Warning } from '../errors.js';
import { Registry } from '../registry/registry.js';
import { asReported } from '../system-error.js';
import { checkWords } from './check-words.js';
import { type Declared, Flags, type Parsed, parse } from './oclif.js';
import { painted } from './paint.js';
import { progressLine } from './progress-line.js';
import { isLong } from './terminal-width.js';

/** The result of a command: text or JSON for stdout, progress lines for stderr, and the exit code. */
export interface Answer {
  text?: string | undefined;
  json?: object | undefined;
  notes?: string[] | undefined;
  warnings?: Warning[] | undefined;
  /** The line on stderr after the answer: what to do next. */
  closing?: string | undefined;
  exit?: number | undefined;
  /** Colours the whole text: true green, false red. */
  verdict?: boolean | undefined;
}

interface OutputOptions {
  json?: boolean | undefined;
  quiet?: boolean | undefined;
  /** Also print general warnings. */
  verbose?: boolean | undefined;
  pager?: boolean | undefined;
}

interface RegistryFlags extends OutputOptions {
  registry?: string | undefined;
  project?: string | undefined;
  branch?: string | undefined;
  pr?: boolean | undefined;
  draft?: boolean | undefined;
  wait?: boolean | undefined;
  at?: string | undefined;
}

/** Base class of all commands. stdout gets the answer, stderr the progress; only this class prints and exits. */
export abstract class VportsCommand {
  static summary = '';
  static description?: string;
  static examples: string[] = [];
  static usage?: string;
  static args = {};
  static flags = {};
  /** Left out of the help. */
  static hidden = false;
  /** False if more arguments than declared may follow. */
  static strict = true;
  static baseFlags = {
    registry: Flags.string({
      description:
        'path or URL of the registry, or `embedded`; default: VPORTS_REGISTRY, the nearest .vports.json, the embedded registry',
      helpGroup: 'GLOBAL',
    }),
    project: Flags.string({
      description:
        'project whose names are used; default: "project" in .vports.json, or the remote of the repository',
      helpGroup: 'GLOBAL',
    }),
    json: Flags.boolean({ description: 'print one JSON document', helpGroup: 'GLOBAL' }),
    quiet: Flags.boolean({
      char: 'q',
      description: 'print only the answer and errors',
      helpGroup: 'GLOBAL',
    }),
    pager: Flags.boolean({
      description: 'use a pager for output longer than the terminal',
      default: true,
      allowNo: true,
      helpGroup: 'GLOBAL',
    }),
  };

  private paging: Promise<void> | undefined;

  constructor(protected readonly argv: string[]) {}

  /** Never throws: an error is printed and sets the exit code. */
  static async run(this: new (argv: string[]) => VportsCommand, argv: string[]): Promise<void> {
    for (;;) {
      const command = new this(argv);
      try {
        await command.run();
        return await command.paging;
      } catch (error) {
        if (!(await isTrustedNow(error))) return command.catch(error as Error);
      }
    }
  }

  protected abstract run(): Promise<void>;

  /** A flag that may be repeated takes one value each time. Throws BAD_USAGE. */
  protected async parse<C extends Declared>(declared: C, argv = this.argv): Promise<Parsed<C>> {
    const flags = mapped({ ...VportsCommand.baseFlags, ...declared.flags }, (it) => ({
      ...it,
      multipleNonGreedy: true,
    })) as Declared['flags'];
    // oclif would read a missing argument from stdin, and swallow the input of a shell loop around the command.
    const args = mapped(declared.args, (it) => ({ ...it, ignoreStdin: true }));
    const { strict } = declared;
    checkWords({ args: declared.args, flags, strict }, argv);
    return (await parse(argv, { args, flags, strict })) as unknown as Parsed<C>;
  }

  protected async onRegistry(
    flags: RegistryFlags,
    work: (registry: Registry) => Promise<Answer>,
  ): Promise<void> {
    const progress = progressLine();
    const { registry: path, branch, project, pr: open, draft, wait } = flags;
    const requests = { open, draft, wait };
    const registry = Registry.open({ path, branch, project, requests, onProgress: progress.show });
    try {
      const answer = await work(registry);
      const notes = [
        ...(registry.place.unused ?? []).map((file) => `note: ignoring ${file}: owned by another user`),
        ...(flags.at === undefined ? [] : [await asOf(registry, flags.at)]),
      ];
      for (const it of await registry.faults()) {
        notes.push(`warning: ${it.message}`);
        if (it.hint) notes.push(`  ${it.hint}`);
      }
      progress.clear();
      this.print({ ...answer, notes: [...notes, ...(answer.notes ?? [])] }, flags);
    } finally {
      progress.clear();
      await registry.close();
    }
  }

  /** A warning is printed once: on stderr, or in the JSON document. */
  protected print(
    { text = '', json, notes = [], warnings = [], closing, exit = 0, verdict }: Answer,
    { json: asJson = false, quiet = false, verbose = false, pager = true }: OutputOptions,
  ): void {
    if (!quiet) {
      for (const line of notes) this.note(line);
      if (!asJson) for (const it of warnings) if (verbose || !it.general) this.warn(it);
    }
    if (asJson && json !== undefined)
      write(process.stdout, safeJson('warnings' in json ? json : { ...json, warnings }, 2));
    else if (text !== '') {
      const shown = `${painted(process.stdout, escapeControlCharacters(text), verdict)}\n`;
      if (pager && isLong(shown)) this.paging = import('./pager.js').then(({ page }) => page(shown));
      else process.stdout.write(shown);
    }
    if (closing && !quiet && !asJson) this.note(closing);
    process.exitCode = exit;
  }

  private warn({ message, hint }: Warning): void {
    this.note(`warning: ${message}`);
    if (hint) this.note(`  ${hint}`);
  }

  protected async catch(error: Error): Promise<void> {
    const reported = asVportsError(error);
    if (wantsJson(this.argv)) write(process.stdout, safeJson({ error: reported }, 2));
    else {
      this.note(`error: ${reported.message}`);
      if (reported.hint) this.note(`  ${reported.hint}`);
    }
    process.exitCode = reported.exitCode;
  }

  /** Prints a progress line to stderr; line feeds in names are escaped. */
  protected note(line: string): void {
    process.stderr.write(
      `${painted(process.stderr, escapeControlCharacters(line.replaceAll('\n', '\\n')))}\n`,
    );
  }
}

/** Offers to trust the repository that the failed command would have written to, if there is a terminal to ask on. */
async function isTrustedNow(error: unknown): Promise<boolean> {
  if (!(error instanceof VportsError) || error.code !== 'NOT_TRUSTED') return false;
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const [{ confirm }, { setTrust }] = await Promise.all([
    import('./confirm.js'),
    import('../registry/locate/trust.js'),
  ]);
  const path = String(error.details.trust);
  if (!(await confirm(`${error.message}. Trust it from now on?`))) return false;
  return setTrust(path, true).includes(path);
}

async function asOf(registry: Registry, at: string): Promise<string> {
  const moment = await registry.moment(at);
  return 'commit' in moment
    ? `as merged at ${moment.commit.slice(0, 10)} (${moment.at.slice(0, 16).replace('T', ' ')}Z)`
    : `as claimed by ${moment.at.slice(0, 16).replace('T', ' ')}Z`;
}

export function asVportsError(error: Error): VportsError {
  const reported = asReported(error);
  if (reported) return reported;
  return new VportsError('INTERNAL', `internal error: ${error.message}`, {
    hint: 'please report it with the command you ran; VPORTS_DEBUG=1 shows where it happened',
    details: process.env.VPORTS_DEBUG ? { stack: error.stack } : {},
    cause: error,
  });
}

function wantsJson(argv: string[]): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).includes('--json');
}

function mapped<Value extends object, More>(
  all: Record<string, Value>,
  more: (value: Value) => More,
): Record<string, More> {
  return Object.fromEntries(Object.entries(all).map(([name, it]) => [name, more(it)]));
}

function write(stream: NodeJS.WriteStream, text: string): void {
  stream.write(`${escapeControlCharacters(text)}\n`);
}
