/** A program that does not read PORT, and the option that sets its port. */
export interface Adapter {
  programs: readonly string[];
  /** Arguments to append; undefined if it would not listen with those arguments, as `vite build`. */
  flags(args: readonly string[], port: number): string[] | undefined;
  /** Options that set its port: if one is given, none is added. */
  options: readonly string[];
  /** Whether the last of repeated options wins: then an option in a script of package.json can be overridden. */
  lastHolds?: boolean;
}

/** `--port N`, only with one of these subcommands: the first argument that is not an option. */
const whenServing =
  (...commands: string[]): Adapter['flags'] =>
  (args, port) =>
    commands.includes(commandIn(args)) ? ['--port', String(port)] : undefined;

/** `--port N`, but with these subcommands: what else comes first is the folder that is served. */
const unless =
  (...commands: string[]): Adapter['flags'] =>
  (args, port) =>
    commands.includes(commandIn(args)) ? undefined : ['--port', String(port)];

function commandIn(args: readonly string[]): string {
  return args.find((it) => !it.startsWith('-')) ?? '';
}

export const ADAPTERS: readonly Adapter[] = [
  // angular.dev/cli/serve
  { programs: ['ng'], options: ['--port'], flags: whenServing('serve', 's', 'dev') },
  // docs.astro.build/en/reference/cli-reference
  { programs: ['astro'], options: ['--port'], flags: whenServing('dev', 'preview') },
  // 11ty.dev/docs/usage
  {
    programs: ['eleventy'],
    options: ['--port'],
    flags: (args, port) => (args.includes('--serve') ? [`--port=${port}`] : undefined),
  },
  // docs.expo.dev/more/expo-cli
  { programs: ['expo'], options: ['--port', '-p'], flags: whenServing('start') },
  // flask.palletsprojects.com/en/stable/cli: `flask --app hello run`.
  {
    programs: ['flask'],
    options: ['--port', '-p'],
    flags: (args, port) => (args.includes('run') ? ['--port', String(port)] : undefined),
  },
  // gohugo.io/commands/hugo_server
  { programs: ['hugo'], options: ['--port', '-p'], flags: whenServing('server', 'serve') },
  // reactrouter.com/api/other-api/dev
  { programs: ['react-router'], options: ['--port'], flags: whenServing('dev') },
  // storybook.js.org/docs/api/cli-options
  { programs: ['storybook'], options: ['--port', '-p'], flags: whenServing('dev') },
  // uvicorn.dev/settings
  { programs: ['uvicorn'], options: ['--port', '--fd', '--uds'], flags: unless() },
  // vite.dev/guide/cli. Without --strictPort it takes the next port if this one is bound.
  {
    programs: ['vite'],
    options: ['--port'],
    lastHolds: true,
    flags: (args, port) => {
      const flags = unless('build', 'optimize')(args, port);
      return flags && [...flags, '--strictPort'];
    },
  },
  // vitepress.dev/reference/cli
  { programs: ['vitepress'], options: ['--port'], flags: unless('build', 'init') },
  // webpack.js.org/configuration/dev-server
  { programs: ['webpack', 'webpack-cli'], options: ['--port'], flags: whenServing('serve', 'server', 's') },
  // developers.cloudflare.com/workers/wrangler/commands
  { programs: ['wrangler'], options: ['--port'], flags: whenServing('dev', 'pages') },
];
