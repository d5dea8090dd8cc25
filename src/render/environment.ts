import type { VariablePort } from '../registry/query/queries.js';

export const ENVIRONMENT_FORMATS = ['shell', 'dotenv', 'json', 'compose', 'fish', 'powershell'] as const;
export type EnvironmentFormat = (typeof ENVIRONMENT_FORMATS)[number];

/**
 * The ports of a resource for a shell, an env file, a program or a compose file. A variable's name comes from
 * service.json, where it is `[A-Za-z_][A-Za-z0-9_]*`, or is made so; a value is a number: neither needs quoting more.
 */
export function renderEnvironment(
  resource: string,
  ports: VariablePort[],
  format: EnvironmentFormat,
): string {
  ports.forEach(requireSound);
  switch (format) {
    case 'shell':
      return ports.map(({ variable, port }) => `export ${variable}="\${${variable}:-${port}}"`).join('\n');
    case 'dotenv':
      return ports.map(({ variable, port }) => `${variable}=${port}`).join('\n');
    case 'fish':
      return ports
        .map(({ variable, port }) => `set -q ${variable}; or set -gx ${variable} ${port}`)
        .join('\n');
    case 'powershell':
      return ports
        .map(({ variable, port }) => `if (-not $env:${variable}) { $env:${variable} = '${port}' }`)
        .join('\n');
    case 'json':
      return JSON.stringify(environmentOf(ports), null, 2);
    case 'compose':
      return compose(resource, ports);
  }
}

/** What is pasted into a shell is looked at once more, wherever it comes from. */
function requireSound({ variable, port }: VariablePort): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable) || !Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error('a variable or a port is not one');
}

export function environmentOf(ports: VariablePort[]): Record<string, string> {
  return Object.fromEntries(ports.map(({ variable, port }) => [variable, String(port)]));
}

/** A compose service. The one port, or `main`, is told to the program as PORT, the others under their own variables. */
function compose(resource: string, ports: VariablePort[]): string {
  const outside = ({ variable, port }: VariablePort) => `\${${variable}:-${port}}`;
  const inside = (it: VariablePort) => (it.container === undefined ? outside(it) : String(it.container));
  const lines = ports.map((it) => {
    const protocol = it.protocol === 'udp' ? '/udp' : '';
    return `      - "${outside(it)}:${inside(it)}${protocol}"`;
  });
  const named = ports.map((it) => {
    const variable = ports.length === 1 || it.name === 'main' ? 'PORT' : it.variable;
    return `      ${variable}: "${inside(it)}"`;
  });
  // A resource's name is a service's name too, but for the `@` of an instance.
  return [
    'services:',
    `  ${JSON.stringify(resource.replace('@', '-'))}:`,
    '    ports:',
    ...lines,
    '    environment:',
    ...named,
  ].join('\n');
}
