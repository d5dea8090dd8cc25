import { readFileSync, writeFileSync } from 'node:fs';

const ENVIRONMENT = [
  ['VPORTS_REGISTRY', 'the registry, as --registry names it'],
  ['VPORTS_HOST_LOG', 'where the log of this machine is'],
  ['RESOURCE_NAME', 'the resource that a folder is of, as --resource says it'],
  ['VPORTS_INSTANCE', 'the instance, as --instance says it; none for none'],
  [
    'VPORTS_RESOURCE, VPORTS_SLUG, VPORTS_RUN',
    'set by run and exec: the resource, a name for a database of it, the id of the run',
  ],
  ['CI', 'where it is set, the registry of the machine is never meant unasked'],
  ['NO_COLOR', 'no colours'],
  ['GIT_PAGER, PAGER', 'what long output is read with'],
  ['GIT_EDITOR, VISUAL, EDITOR', 'what vports policy edit opens'],
  ['BROWSER', 'what vports url --open shows a page with'],
];

const EXITS = [
  ['0', 'done; the answer is yes'],
  ['1', 'the answer is no'],
  ['2', 'the input is wrong'],
  ['65', 'the log is damaged, of a newer format, or was rewritten'],
  ['69', 'the remote cannot be reached, or refuses'],
  ['70', 'a defect of vports'],
  ['73', 'cannot write'],
  ['75', 'try again'],
  ['78', 'set-up is missing or wrong'],
  ['125, 126, 127', 'of run and exec: vports failed, the command cannot be run, it is not found'],
];

const FILES = [
  ['.vports.json', 'which registry a project uses, and what of its documents is passed over'],
  ['service.json', 'the name and the ports of a resource'],
  ['~/.local/share/vports', 'the log of this machine and clones of registries'],
];

/** vports(1) from oclif's manifest, in man(7): every command with its arguments, flags and examples. */
export function writeManPage(manifestFile, file) {
  const { commands, version } = JSON.parse(readFileSync(manifestFile, 'utf8'));
  const { description } = JSON.parse(readFileSync('package.json', 'utf8'));
  const shown = Object.values(commands)
    .filter(({ hidden }) => !hidden)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const common = commonFlags(shown);
  const lines = [
    `.TH VPORTS 1 "" "vports ${version}" "User Commands"`,
    '.SH NAME',
    `vports \\- ${text(description.toLowerCase())}`,
    '.SH SYNOPSIS',
    '.B vports',
    '.I COMMAND',
    '.RI [ ARGUMENT "...] [" OPTION ...]',
    '.SH COMMANDS',
    ...shown.flatMap((it) => command(it, common)),
    '.SH COMMON OPTIONS',
    ...common.flatMap(flag),
    '.SH EXIT STATUS',
    ...EXITS.flatMap(([term, what]) => item(term, what)),
    '.SH ENVIRONMENT',
    ...ENVIRONMENT.flatMap(([term, what]) => item(term, what)),
    '.SH FILES',
    ...FILES.flatMap(([term, what]) => item(term, what)),
    '.SH SEE ALSO',
    '.BR git (1),',
    '.BR ss (8)',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
}

/** Those that every command has. */
function commonFlags(commands) {
  const [first, ...rest] = commands.filter(({ flags }) => Object.keys(flags).length > 0);
  return Object.values(first.flags).filter(({ name }) => rest.every(({ flags }) => name in flags));
}

function command({ id, summary, description, usage, args, flags, examples }, common) {
  const named = Object.values(args).map(({ name, required }) => (required ? name : `[${name}]`));
  const own = Object.values(flags).filter(({ name }) => !common.some((it) => it.name === name));
  return [
    `.SS ${text(`vports ${usage ?? [id.replaceAll(':', ' '), ...named.map((it) => it.toUpperCase())].join(' ')}`)}`,
    ...sentences(summary),
    ...(description ? ['.PP', ...sentences(description)] : []),
    ...Object.values(args).flatMap((it) =>
      it.description ? item(it.name.toUpperCase(), it.description) : [],
    ),
    ...own.flatMap(flag),
    ...(examples?.length ? ['.PP', '.nf', ...examples.map((it) => text(`$ ${it}`)), '.fi'] : []),
  ];
}

function flag({ name, char, type, allowNo, description, helpValue, options }) {
  const value = type === 'option' ? ` ${options ? options.join('|') : (helpValue ?? 'VALUE')}` : '';
  const names = [char && `-${char}`, `--${allowNo ? '[no-]' : ''}${name}${value}`].filter(Boolean);
  return item(names.join(', '), description ?? '');
}

function item(term, what) {
  return ['.TP', `.B ${text(term)}`, ...sentences(what)];
}

/** A line that begins with a dot or a quote would be a request. */
function sentences(words) {
  return [`\\&${text(words)}`];
}

function text(words) {
  return words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('\n', ' ')
    .replaceAll('"', '\\(dq')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('…', '...');
}
