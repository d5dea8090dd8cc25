import { escapeControlCharacters, safeJson } from '../control-characters.js';
import { VportsError, type Warning } from '../errors.js';
import { workTreeOf } from '../files/work-tree.js';
import { Registry } from '../registry/registry.js';
import { refusalOf } from '../system-error.js';
import { checkWords } from './check-words.js';
import { type Declared, Flags, type Parsed, parse } from './oclif.js';
import { painted } from './paint.js';
import { progressLine } from './progress-line.js';
import { isLong } from './terminal-width.js';

/** What a command has to say: the answer as text and as JSON, the story around it, and how it exits. */
export interface Answer {
  /** Nothing is printed where the answer is not ours to print. */
  text?: string | undefined;
  json?: object | undefined;
  story?: string[] | undefined;
  warnings?: Warning[] | undefined;
  exit?: number | undefined;
  /** Whether the answer as a whole is a yes. */
  verdict?: boolean | undefined;
}

/** Output options. */
interface OutputOptions {
  json?: boolean | undefined;
  quiet?: boolean | undefined;
  /** With warnings that nothing here speaks for. */
  verbose?: boolean | undefined;
  /** Whether what is longer than the terminal goes through the user's pager. */
  pager?: boolean | undefined;
}

/** What is warned of is in every document, where that has no place of its own for it. */
function withWarnings(json: object, warnings: Warning[]): object {
  return 'warnings' in json ? json : { ...json, warnings };
}

/** Every command of vports. stdout is the answer, stderr the story; this is the one place that prints and exits. */
export abstract class VportsCommand {
  static summary = '';
  static description?: string;
  static examples: string[] = [];
  /** Where arguments and flags do not say it all. */
  static usage?: string;
  static args = {};
  static flags = {};
  /** True where it is for programs, and told in no help. */
  static hidden = false;
  /** False where what follows the arguments is not ours to parse. */
  static strict = true;
  static baseFlags = {
    registry: Flags.string({
      description:
        'path of the registry, or `embedded`; else VPORTS_REGISTRY, the nearest .vports.json, the embedded one',
      helpGroup: 'GLOBAL',
    }),
    project: Flags.string({
      description: 'who says the names; else "project" in .vports.json, or where the repository is hosted',
      helpGroup: 'GLOBAL',
    }),
    json: Flags.boolean({ description: 'one JSON document on stdout', helpGroup: 'GLOBAL' }),
    quiet: Flags.boolean({
      char: 'q',
      description: 'no story and no warnings; errors stay',
      helpGroup: 'GLOBAL',
    }),
    pager: Flags.boolean({
      description: "through the user's pager, where it is longer than the terminal",
      default: true,
      allowNo: true,
      helpGroup: 'GLOBAL',
    }),
  };

  /** Ends with the user's pager. */
  private paging: Promise<void> | undefined;

  constructor(protected readonly argv: string[]) {}

  /** Runs the command to its end. It does not throw: what fails is printed, and is the exit code. */
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
    // oclif would take an argument that is missing from stdin, and eat what a loop around the command reads.
    const args = mapped(declared.args, (it) => ({ ...it, ignoreStdin: true }));
    const { strict } = declared;
    checkWords({ args: declared.args, flags, strict }, argv);
    return (await parse(argv, { args, flags, strict })) as unknown as Parsed<C>;
  }

  /** Runs `work` on the registry these flags mean, and prints what it answers. */
  protected async onRegistry(
    flags: {
      registry?: string | undefined;
      project?: string | undefined;
      json?: boolean | undefined;
      branch?: string | undefined;
      at?: string | undefined;
      quiet?: boolean | undefined;
      verbose?: boolean | undefined;
      pager?: boolean | undefined;
    },
    work: (registry: Registry) => Promise<Answer>,
  ): Promise<void> {
    const progress = progressLine();
    const { branch, project } = flags;
    const registry = Registry.open({ path: flags.registry, branch, project, onProgress: progress.show });
    try {
      const answer = await work(registry);
      const story = [
        ...(registry.place.unused ?? []).map(
          (file) => `note: ${file} belongs to another user, and is not used`,
        ),
        ...(flags.at === undefined ? [] : [await asOf(registry, flags.at)]),
      ];
      for (const it of await registry.faults()) {
        story.push(`warning: ${it.message}`);
        if (it.hint) story.push(`  ${it.hint}`);
      }
      progress.clear();
      this.print({ ...answer, story: [...story, ...(answer.story ?? [])] }, flags);
    } finally {
      progress.clear();
      await registry.close();
    }
  }

  /** A warning is told once: on stderr, or in the document. */
  protected print(
    { text = '', json, story = [], warnings = [], exit = 0, verdict }: Answer,
    { json: asJson = false, quiet = false, verbose = false, pager = true }: OutputOptions,
  ): void {
    if (!quiet) {
      for (const line of story) this.tell(line);
      if (!asJson) for (const it of warnings) if (verbose || !it.general) this.warn(it);
    }
    if (asJson && json !== undefined) write(process.stdout, safeJson(withWarnings(json, warnings), 2));
    else if (text !== '') {
      const shown = `${painted(process.stdout, escapeControlCharacters(text), verdict)}\n`;
      if (pager && isLong(shown)) this.paging = import('./pager.js').then(({ page }) => page(shown));
      else process.stdout.write(shown);
    }
    process.exitCode = exit;
  }

  private warn({ message, hint }: Warning): void {
    this.tell(`warning: ${message}`);
    if (hint) this.tell(`  ${hint}`);
  }

  /** Errors that are the user's to mend say what to do next; ours say that they are ours. */
  protected async catch(error: Error): Promise<void> {
    const reported = error instanceof VportsError ? error : asVportsError(error);
    if (wantsJson(this.argv)) write(process.stdout, safeJson({ error: reported }, 2));
    else {
      this.tell(`error: ${reported.message}`);
      if (reported.hint) this.tell(`  ${reported.hint}`);
    }
    process.exitCode = reported.exitCode;
  }

  /** A line of the story, and one line: what a path or a process is called cannot make it two. */
  protected tell(line: string): void {
    process.stderr.write(
      `${painted(process.stderr, escapeControlCharacters(line.replaceAll('\n', '\\n')))}\n`,
    );
  }
}

/** A command that stopped before it pushed to a repository nobody has trusted: who sits at a terminal is asked once. */
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

/** Which state of the past was told: what had been merged, or what had been claimed. */
async function asOf(registry: Registry, at: string): Promise<string> {
  const moment = await registry.moment(at);
  return 'commit' in moment
    ? `as merged at ${moment.commit.slice(0, 10)} (${moment.at.slice(0, 16).replace('T', ' ')}Z)`
    : `as claimed by ${moment.at.slice(0, 16).replace('T', ' ')}Z`;
}

/** Said with the embedded registry inside a git work tree: what is written there, the team does not see. */
export function privacyNote(registry: Registry): string[] {
  if (registry.place.from !== 'embedded' || !workTreeOf(process.cwd())) return [];
  return [
    'note: this is the registry of this machine only; `vports init DIR` and {"registry": "DIR"} in .vports.json share one with a team',
  ];
}

export function asVportsError(error: Error): VportsError {
  const refused = refusalOf(error);
  if (refused) return refused;
  return new VportsError('INTERNAL', `vports has a defect: ${error.message}`, {
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
