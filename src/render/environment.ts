import type { EnvironmentPort } from '../registry/verbs/here/env.js';

export const ENVIRONMENT_FORMATS = ['shell', 'dotenv', 'json', 'compose', 'fish', 'powershell'] as const;
export type EnvironmentFormat = (typeof ENVIRONMENT_FORMATS)[number];

interface Setting {
  variable: string;
  port: number;
  /** Whatever the environment has already. */
  outright: boolean;
}

/**
 * Ports for a shell, an env file, a program or a compose file. A variable's name comes from service.json, where it is
 * `[A-Za-z_][A-Za-z0-9_]*`, or is made so; a value is a number: neither needs quoting more.
 */
export function renderEnvironment(ports: EnvironmentPort[], format: EnvironmentFormat): string {
  const settings = settingsOf(ports);
  const lines = (line: (it: Setting) => string) => settings.map(line).join('\n');
  switch (format) {
    case 'shell':
      return lines(({ variable, port, outright }) =>
        outright ? `export ${variable}=${port}` : `export ${variable}="\${${variable}:-${port}}"`,
      );
    case 'dotenv':
      return lines(({ variable, port }) => `${variable}=${port}`);
    case 'fish':
      return lines(({ variable, port, outright }) =>
        outright ? `set -gx ${variable} ${port}` : `set -q ${variable}; or set -gx ${variable} ${port}`,
      );
    case 'powershell':
      return lines(({ variable, port, outright }) =>
        outright
          ? `$env:${variable} = '${port}'`
          : `if (-not $env:${variable}) { $env:${variable} = '${port}' }`,
      );
    case 'json':
      return JSON.stringify(environmentOf(ports), null, 2);
    case 'compose':
      return compose(ports);
  }
}

export function environmentOf(ports: EnvironmentPort[]): Record<string, string> {
  return Object.fromEntries(settingsOf(ports).map(({ variable, port }) => [variable, String(port)]));
}

/** What is pasted into a shell is looked at once more, wherever it comes from. */
function settingsOf(ports: EnvironmentPort[]): Setting[] {
  const settings = ports.flatMap(({ variables, port, outright }) =>
    variables.map((variable) => ({ variable, port, outright })),
  );
  for (const { variable, port } of settings) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable) || !Number.isInteger(port) || port < 1 || port > 65_535)
      throw new Error('a variable or a port is not one');
  }
  return settings;
}

/** A service a resource. The one port, or `main`, is told to the program as PORT, the others under their own variables. */
function compose(ports: EnvironmentPort[]): string {
  settingsOf(ports);
  const resources = [...new Set(ports.map(({ resource }) => resource))];
  return [
    'services:',
    ...resources.flatMap((resource) =>
      service(
        resource,
        ports.filter((it) => it.resource === resource),
      ),
    ),
  ].join('\n');
}

function service(resource: string, ports: EnvironmentPort[]): string[] {
  const outside = ({ variables: [variable], port }: EnvironmentPort) => `\${${variable}:-${port}}`;
  const inside = (it: EnvironmentPort) => (it.container === undefined ? outside(it) : String(it.container));
  const lines = ports.map((it) => {
    const protocol = it.protocol === 'udp' ? '/udp' : '';
    return `      - "${outside(it)}:${inside(it)}${protocol}"`;
  });
  const named = ports.map((it) => {
    const variable = ports.length === 1 || it.name === 'main' ? 'PORT' : it.variables[0]!;
    return `      ${variable}: "${inside(it)}"`;
  });
  // A resource's name is a service's name too, but for the `@` of an instance.
  return [
    `  ${JSON.stringify(resource.replace('@', '-'))}:`,
    '    ports:',
    ...lines,
    '    environment:',
    ...named,
  ];
}
