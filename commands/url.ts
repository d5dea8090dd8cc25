import { openInBrowser } from '../src/cli/browser.js';
import { hereFlags } from '../src/cli/here-flags.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { proxyFlags, proxyOf, refuseProxyFlags } from '../src/cli/proxy-flags.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { proxyUrl } from '../src/render/proxy.js';

export default registryCommand({
  summary: 'Print the URL of a port, or open it',
  description:
    "Without an argument, uses this folder's resource; in a linked git worktree the worktree's own instance.",
  examples: ['vports url', 'vports url web/api', 'vports url --name', 'vports url web --open'],
  args: {
    resource: Args.string({ description: "RESOURCE or RESOURCE/NAME; default: this folder's" }),
  },
  flags: {
    ...hereFlags,
    ...proxyFlags,
    name: Flags.boolean({ description: 'use the host name of the local proxy: see `env --format caddy`' }),
    open: Flags.boolean({ description: 'open it in the browser' }),
  },
  before({ flags }) {
    if (!flags.name) refuseProxyFlags(flags, 'without --name');
  },
  async answer(registry, { args, flags }) {
    const found = await registry.url(args.resource, flags);
    const host = flags.name && (await registry.proxyHosts()).find(({ port }) => port === found.port)?.host;
    const reached = host ? { ...found, url: proxyUrl(host, proxyOf(flags)) } : found;
    if (flags.open) await openInBrowser(reached.url);
    const idle = flags.open && !reached.listening ? [`note: nothing listens on ${reached.port} yet`] : [];
    return { text: reached.url, json: reached, notes: idle };
  },
});
