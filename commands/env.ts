import { VportsCommand } from '../src/cli/command.js';
import { hereFlags, runFlags } from '../src/cli/here-flags.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { type ProxyFlags, proxyFlags, proxyOf, refuseProxyFlags } from '../src/cli/proxy-flags.js';
import { readFlags } from '../src/cli/read-flags.js';
import { writeBlock } from '../src/documents/write-block.js';
import { VportsError } from '../src/errors.js';
import {
  ENVIRONMENT_FORMATS,
  type EnvironmentFormat,
  environmentOf,
  renderEnvironment,
} from '../src/render/environment.js';
import { PROXY_FORMATS, type ProxyFormat, proxyUrl, renderProxy } from '../src/render/proxy.js';

/** Files that hold a setting of a variable a line. */
const LINES: EnvironmentFormat[] = ['shell', 'dotenv', 'fish', 'powershell'];

/** What `--if-present` takes for a no: there is no project, or it has no ports. */
const ABSENT = ['REGISTRY_NOT_FOUND', 'UNKNOWN_RESOURCE', 'NOT_HELD'];

export default class Env extends VportsCommand {
  static override summary = 'Print ports of resources as environment variables';
  static override description =
    "Of this folder's resource where none is named; in a linked git worktree those of the worktree's own instance, under the same variables. `--write` keeps them in a block between `# vports:start` and `# vports:end`, in a file that git does not track.";
  static override examples = [
    'eval "$(<%= config.bin %> env web)"',
    '<%= config.bin %> env web db --format dotenv',
    '<%= config.bin %> env --write .env.local',
    '<%= config.bin %> env web --format fish | source',
    '<%= config.bin %> env web --format powershell | Out-String | Invoke-Expression',
    '<%= config.bin %> env web --format compose --container 8080',
    '<%= config.bin %> env --format caddy > Caddyfile && caddy run --watch',
  ];
  static override strict = false;
  static override args = { resource: Args.string({ description: 'whose ports, and of which others' }) };
  static override flags = {
    ...readFlags,
    ...hereFlags,
    ...proxyFlags,
    format: Flags.option({ options: [...ENVIRONMENT_FORMATS, ...PROXY_FORMATS] })({
      description:
        'for a POSIX shell (the default), an env file (with --write), fish, PowerShell, a program, a compose file; or all that is held here, as hosts of a proxy',
    }),
    env: runFlags.env,
    urls: Flags.boolean({ description: 'also NAME_URL for each NAME_PORT' }),
    slug: Flags.boolean({
      description: 'also VPORTS_SLUG, a name for a database of this work tree: shop_login',
    }),
    write: Flags.string({ description: 'keep them in a block of this file', helpValue: 'FILE' }),
    'if-present': Flags.boolean({
      description: 'print nothing, and exit 0, where there is nothing to print',
    }),
    container: Flags.string({
      multiple: true,
      description: 'PORT or NAME=PORT that the program listens on inside its container',
    }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Env);
    const proxy = PROXY_FORMATS.find((it) => it === flags.format);
    if (proxy) return this.#proxy(proxy, argv, flags);
    refuseProxyFlags(flags, 'without --format caddy or nginx');
    const format =
      (flags.format as EnvironmentFormat | undefined) ?? (flags.write === undefined ? 'shell' : 'dotenv');
    if (flags.container && format !== 'compose') {
      throw new VportsError('BAD_USAGE', `--container means nothing for the format ${format}`, {
        hint: 'it says what a program listens on inside: add --format compose',
      });
    }
    const beyond = (['env', 'urls', 'slug'] as const).find((it) => flags[it]);
    if (beyond && format === 'compose') {
      throw new VportsError('BAD_USAGE', `--${beyond} means nothing for the format compose`, {
        hint: 'a compose file takes variables from .env: vports env --write .env',
      });
    }
    if (flags.write !== undefined && !LINES.includes(format)) {
      throw new VportsError('BAD_USAGE', `--write means nothing for the format ${format}`, {
        hint: `a block of a file has a line a variable: ${LINES.join(', ')}`,
      });
    }
    try {
      await this.onRegistry(flags, async (registry) => {
        const { ports, guess, warnings, slug } = await registry.environment(argv, flags);
        const beside = { urls: flags.urls, slug: flags.slug ? slug : undefined };
        const text = renderEnvironment(ports, format, beside);
        const json = { env: environmentOf(ports, beside) };
        const story = guess === undefined || flags['if-present'] ? [] : [`note: ${guess}`];
        if (flags.write === undefined) return { text, json, warnings, story };
        const written = writeBlock(flags.write, text);
        return {
          text: written.path,
          json: { ...json, written: written.path, changed: written.changed },
          warnings: [...warnings, ...written.warnings],
          story,
        };
      });
    } catch (error) {
      const isAbsent = error instanceof VportsError && ABSENT.includes(error.code);
      const isUntold = argv.length === 0 && error instanceof VportsError && error.code === 'BAD_USAGE';
      if (!flags['if-present'] || !(isAbsent || isUntold)) throw error;
      if (flags.json) this.print({ json: { env: {} } }, flags);
    }
  }

  /** All that is held here, or of these resources, as hosts of a proxy. */
  async #proxy(
    format: ProxyFormat,
    resources: string[],
    flags: ProxyFlags & {
      registry?: string | undefined;
      json: boolean;
      quiet: boolean;
      write?: string | undefined;
      container?: string[] | undefined;
      at?: string | undefined;
      env?: string[] | undefined;
      urls: boolean;
      slug: boolean;
    },
  ): Promise<void> {
    for (const it of ['write', 'container', 'at', 'env', 'urls', 'slug'] as const)
      if (flags[it])
        throw new VportsError('BAD_USAGE', `--${it} means nothing for the format ${format}`, {
          hint: `write it to a file: vports env --format ${format} > FILE`,
        });
    const proxy = proxyOf(flags);
    if (proxy.tls && format === 'nginx') {
      throw new VportsError('BAD_USAGE', 'nginx makes no certificates', {
        hint: 'take --format caddy with --tls, or give nginx those that mkcert makes',
      });
    }
    await this.onRegistry(flags, async (registry) => {
      const all = await registry.proxyHosts();
      const hosts = all.filter(({ resource }) => resources.length === 0 || resources.includes(resource));
      const told = hosts.map((it) => ({ ...it, url: proxyUrl(it.host, proxy) }));
      const story = told.map(({ url, port }) => `${url} is port ${port}`);
      return { text: renderProxy(hosts, format, proxy), json: { hosts: told }, story };
    });
  }
}
