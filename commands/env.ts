import { VportsCommand } from '../src/cli/command.js';
import { hereFlags, runFlags } from '../src/cli/here-flags.js';
import { Args, Flags, type Parsed } from '../src/cli/oclif.js';
import { proxyFlags, proxyOf, refuseProxyFlags } from '../src/cli/proxy-flags.js';
import { readFlags } from '../src/cli/read-flags.js';
import { writeBlock } from '../src/documents/write-block.js';
import { badUsage, VportsError } from '../src/errors.js';
import {
  ENVIRONMENT_FORMATS,
  type EnvironmentFormat,
  environmentOf,
  renderEnvironment,
} from '../src/render/environment.js';
import { PROXY_FORMATS, type ProxyFormat, proxyUrl, renderProxy } from '../src/render/proxy.js';

/** Formats with one variable per line. */
const LINES: EnvironmentFormat[] = ['shell', 'dotenv', 'fish', 'powershell'];

/** Errors that `--if-present` takes as "no ports here". */
const ABSENT = ['REGISTRY_NOT_FOUND', 'UNKNOWN_RESOURCE', 'NOT_HELD'];

export default class Env extends VportsCommand {
  static override summary = 'Print ports of resources as environment variables';
  static override description =
    "Without an argument, prints the ports of this folder's resource; in a linked git worktree those of the worktree's own instance, under the same variable names. `--write` keeps them in a block between `# vports:start` and `# vports:end` of a file that git does not track.";
  static override examples = [
    'eval "$(vports env web)"',
    'vports env web db --format dotenv',
    'vports env --write .env.local',
    'vports env web --format fish | source',
    'vports env web --format powershell | Out-String | Invoke-Expression',
    'vports env web --format compose --container 8080',
    'vports env --format caddy > Caddyfile && caddy run --watch',
  ];
  static override strict = false;
  static override args = {
    resource: Args.string({ description: "resource(s) to print; default: this folder's" }),
  };
  static override flags = {
    ...readFlags,
    ...hereFlags,
    ...proxyFlags,
    format: Flags.option({ options: [...ENVIRONMENT_FORMATS, ...PROXY_FORMATS] })({
      description:
        'POSIX shell (the default), env file (the default with --write), fish, PowerShell, JSON, compose file; or a proxy configuration for all ports held here',
    }),
    env: runFlags.env,
    urls: Flags.boolean({ description: 'also print NAME_URL for each NAME_PORT' }),
    slug: Flags.boolean({
      description: 'also print VPORTS_SLUG, a database name for this work tree, like shop_login',
    }),
    write: Flags.string({ description: 'write them into a block of this file', helpValue: 'FILE' }),
    'if-present': Flags.boolean({
      description: 'print nothing and exit 0 if there are no ports',
    }),
    container: Flags.string({
      multiple: true,
      description: 'PORT or NAME=PORT the program listens on inside its container',
    }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Env);
    const proxy = PROXY_FORMATS.find((it) => it === flags.format);
    if (proxy) return this.#proxy(proxy, argv, flags);
    refuseProxyFlags(flags, 'without --format caddy or nginx');
    const format =
      (flags.format as EnvironmentFormat | undefined) ?? (flags.write === undefined ? 'shell' : 'dotenv');
    if (flags.container && format !== 'compose')
      throw inapplicable('container', format, 'add --format compose');
    const beyond = (['env', 'urls', 'slug'] as const).find((it) => flags[it]);
    if (beyond && format === 'compose')
      throw inapplicable(beyond, format, 'compose reads variables from .env: vports env --write .env');
    if (flags.write !== undefined && !LINES.includes(format))
      throw inapplicable('write', format, `use one of these formats: ${LINES.join(', ')}`);
    try {
      await this.onRegistry(flags, async (registry) => {
        const { ports, guess, warnings, slug } = await registry.environment(argv, flags);
        const extras = { urls: flags.urls, slug: flags.slug ? slug : undefined };
        const text = renderEnvironment(ports, format, extras);
        const json = { env: environmentOf(ports, extras) };
        const notes = guess === undefined || flags['if-present'] ? [] : [`note: ${guess}`];
        if (flags.write === undefined) return { text, json, warnings, notes };
        const written = writeBlock(flags.write, text);
        return {
          text: written.path,
          json: { ...json, written: written.path, changed: written.changed },
          warnings: [...warnings, ...written.warnings],
          notes,
        };
      });
    } catch (error) {
      const isAbsent = error instanceof VportsError && ABSENT.includes(error.code);
      const isUnknown = argv.length === 0 && error instanceof VportsError && error.code === 'BAD_USAGE';
      if (!flags['if-present'] || !(isAbsent || isUnknown)) throw error;
      if (flags.json) this.print({ json: { env: {} } }, flags);
    }
  }

  async #proxy(format: ProxyFormat, resources: string[], flags: Parsed<typeof Env>['flags']): Promise<void> {
    for (const it of ['write', 'container', 'at', 'env', 'urls', 'slug'] as const)
      if (flags[it]) throw inapplicable(it, format, `to write a file: vports env --format ${format} > FILE`);
    const proxy = proxyOf(flags);
    if (proxy.tls && format === 'nginx') {
      throw badUsage(
        'nginx cannot create certificates for --tls',
        'use --format caddy, or give nginx certificates made with mkcert',
      );
    }
    await this.onRegistry(flags, async (registry) => {
      const all = await registry.proxyHosts();
      const hosts = all.filter(({ resource }) => resources.length === 0 || resources.includes(resource));
      const reachable = hosts.map((it) => ({ ...it, url: proxyUrl(it.host, proxy) }));
      const notes = reachable.map(({ url, port }) => `${url} is port ${port}`);
      return { text: renderProxy(hosts, format, proxy), json: { hosts: reachable }, notes };
    });
  }
}

function inapplicable(flag: string, format: string, hint: string): VportsError {
  return badUsage(`--${flag} does not apply to --format ${format}`, hint);
}
