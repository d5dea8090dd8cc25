import { grouped } from '../grouped.js';
import type { EnvironmentPort } from '../registry/verbs/here/env.js';

export const ENVIRONMENT_FORMATS = ['shell', 'dotenv', 'json', 'compose', 'fish', 'powershell'] as const;
export type EnvironmentFormat = (typeof ENVIRONMENT_FORMATS)[number];

export interface Extras {
  /** `WEB_URL` for each `WEB_PORT` of TCP. */
  urls?: boolean | undefined;
  /** `VPORTS_SLUG`. */
  slug?: string | undefined;
}

interface Setting {
  variable: string;
  value: string;
  /** Overrides a value that the environment has already. */
  outright: boolean;
}

/**
 * Variable names are `[A-Za-z_][A-Za-z0-9_]*` and values are numbers or plain words, so no format needs quoting.
 */
export function renderEnvironment(
  ports: EnvironmentPort[],
  format: EnvironmentFormat,
  extras: Extras = {},
): string {
  const settings = settingsOf(ports, extras);
  const lines = (line: (it: Setting) => string) => settings.map(line).join('\n');
  switch (format) {
    case 'shell':
      return lines(({ variable, value, outright }) =>
        outright ? `export ${variable}=${value}` : `export ${variable}="\${${variable}:-${value}}"`,
      );
    case 'dotenv':
      return lines(({ variable, value }) => `${variable}=${value}`);
    case 'fish':
      return lines(({ variable, value, outright }) =>
        outright ? `set -gx ${variable} ${value}` : `set -q ${variable}; or set -gx ${variable} ${value}`,
      );
    case 'powershell':
      return lines(({ variable, value, outright }) =>
        outright
          ? `$env:${variable} = '${value}'`
          : `if (-not $env:${variable}) { $env:${variable} = '${value}' }`,
      );
    case 'json':
      return JSON.stringify(environmentOf(ports, extras), null, 2);
    case 'compose':
      return compose(ports);
  }
}

export function environmentOf(ports: EnvironmentPort[], extras: Extras = {}): Record<string, string> {
  return Object.fromEntries(settingsOf(ports, extras).map(({ variable, value }) => [variable, value]));
}

/** Throws for anything that is unsafe in a shell, although the callers have checked it. */
function settingsOf(ports: EnvironmentPort[], { urls, slug }: Extras = {}): Setting[] {
  const settings = ports.flatMap(({ variables, port, protocol, https, outright }): Setting[] =>
    variables.flatMap((variable) => {
      const setting = { variable, value: String(port), outright };
      if (!urls || protocol !== 'tcp') return [setting];
      const url = `${https ? 'https' : 'http'}://localhost:${port}`;
      return [setting, { variable: `${variable.replace(/_PORT$/, '')}_URL`, value: url, outright }];
    }),
  );
  if (slug !== undefined) settings.push({ variable: 'VPORTS_SLUG', value: slug, outright: true });
  for (const { variable, value } of settings) {
    const [, port] = /^(?:https?:\/\/localhost:)?([1-9]\d*)$/.exec(value) ?? [];
    const isPlain = port === undefined ? value === slug && /^\w+$/.test(value) : Number(port) <= 65_535;
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable) || !isPlain) throw new Error('unsafe variable or value');
  }
  return settings;
}

/** One service per resource. Its only port, or `main`, is set as PORT, the others under their own variables. */
function compose(ports: EnvironmentPort[]): string {
  settingsOf(ports);
  const services = grouped(ports, ({ resource }) => resource);
  return ['services:', ...[...services].flatMap(([resource, own]) => service(resource, own))].join('\n');
}

function service(resource: string, ports: EnvironmentPort[]): string[] {
  const outside = ({ variables: [variable], port, outright }: EnvironmentPort) =>
    outright ? String(port) : `\${${variable}:-${port}}`;
  const inside = (it: EnvironmentPort) => (it.container === undefined ? outside(it) : String(it.container));
  const lines = ports.map((it) => {
    const protocol = it.protocol === 'udp' ? '/udp' : '';
    return `      - "${outside(it)}:${inside(it)}${protocol}"`;
  });
  const named = ports.map((it) => {
    const variable = ports.length === 1 || it.name === 'main' ? 'PORT' : it.variables[0]!;
    return `      ${variable}: "${inside(it)}"`;
  });
  // Service names must not contain the `@` of an instance.
  return [
    `  ${JSON.stringify(resource.replace('@', '-'))}:`,
    '    ports:',
    ...lines,
    '    environment:',
    ...named,
  ];
}
