import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compose } from '../../../../src/documents/formats/compose/read-compose.js';
import { csv } from '../../../../src/documents/formats/csv/read-csv.js';
import { dockerfile } from '../../../../src/documents/formats/dockerfile/read-dockerfile.js';
import { dotenv } from '../../../../src/documents/formats/dotenv/read-dotenv.js';
import { formatsOf } from '../../../../src/documents/formats/formats.js';
import { kubernetes } from '../../../../src/documents/formats/kubernetes/read-kubernetes.js';
import { type PortEntry, UnreadableDocument } from '../../../../src/documents/formats/port-entry.js';
import { serviceJson } from '../../../../src/documents/formats/service-json/read-service-json.js';
import {
  reservedRangesIn,
  shellRegistry,
} from '../../../../src/documents/formats/shell-registry/read-shell-registry.js';
import { csv as table } from '../../../../src/render/table.js';

/** What was read, without the places; those are held against the text by themselves. */
function told(text: string, entries: PortEntry[]) {
  return entries.map(({ line, column, digits, ...rest }) => {
    if (digits) expect(text.slice(digits.offset, digits.offset + digits.length)).toBe(String(rest.port));
    const lines = text.split(text.includes('\n') ? '\n' : '\r');
    expect(lines[line - 1]!.length).toBeGreaterThanOrEqual(column - 1);
    return rest;
  });
}

describe('a service.json', () => {
  const read = (ports: string, more = '') => {
    const text = `{ "name": "web"${more}, "ports": ${ports} }`;
    return told(text, serviceJson.read(text)).map(({ resource, protocol, side, ...rest }) => {
      expect([resource, protocol, side]).toEqual(['web', 'tcp', 'host']);
      return rest;
    });
  };

  test.each<[string, object]>([
    ['25000', { port: 25000 }],
    ['"25000"', { port: 25000 }],
    ['"${API_PORT:-8090}"', { port: 8090, variable: 'API_PORT' }],
    ['"${API_PORT}"', { wish: '${API_PORT}' }],
    ['"${service.ports.other.api}"', { wish: '${service.ports.other.api}' }],
    ['{ "env_var": "API_PORT", "port": 8090 }', { port: 8090, variable: 'API_PORT' }],
    ['{ "env_var": "API_PORT" }', { variable: 'API_PORT', wish: 'auto' }],
    ['{ "fixed": 8081 }', { port: 8081 }],
    ['{ "default": "8082" }', { port: 8082 }],
    ['{ "fallback": 8083, "range": "8000-8999" }', { port: 8083 }],
    ['{ "fallback": "auto", "range": "15000-19999" }', { wish: '15000-19999' }],
    ['{ "fallback": "auto" }', { wish: 'auto' }],
    ['{ "range": [9000, 9099] }', { wish: '9000-9099' }],
    ['{ "range": "39001" }', { wish: '39001-39001' }],
    ['{ "internal": 8080, "timeout": 30 }', { wish: '{"internal":8080,"timeout":30}' }],
    ['{ "description": "one" }', { wish: 'auto' }],
    ['{ "range": "dynamic" }', { wish: 'dynamic' }],
    ['{}', { wish: 'auto' }],
    ['null', { wish: 'auto' }],
    ['70000', { wish: '70000' }],
    ['[1]', { wish: '[1]' }],
  ])('has a port %s', (value, entry) => {
    expect(read(`{ "api": ${value} }`)).toEqual([{ name: 'api', ...entry }]);
  });

  test('may have them elsewhere too, and as leases', () => {
    const more = ', "deployment": { "ports": { "main": 8001 } }, "config": { "ports": { "x": 8002 } }';
    expect(read('{ "api": 1 }', more).map(({ name, port }) => [name, port])).toEqual([
      ['api', 1],
      ['main', 8001],
      ['x', 8002],
    ]);
    const dynamic = ', "port_allocation": { "strategy": "dynamic" }';
    expect(read('{ "main": "${X_PORT:-40000}" }', dynamic)).toEqual([
      { name: 'main', port: 40000, variable: 'X_PORT', wish: 'dynamic' },
    ]);
  });

  test('may have a list, or one number, for its ports', () => {
    expect(read('8080')).toEqual([{ port: 8080 }]);
    expect(read('[8080]')).toEqual([{ port: 8080 }]);
    expect(read('[8080, "8081", { "name": "ui", "port": 8082 }, {}]')).toEqual([
      { name: 'p8080', port: 8080 },
      { name: 'p8081', port: 8081 },
      { name: 'ui', port: 8082 },
      { wish: 'auto' },
    ]);
  });

  test('that says udp is believed', () => {
    const text = '{ "name": "web", "ports": { "dns": { "port": 5353, "protocol": "UDP" } } }';
    expect(serviceJson.read(text)).toMatchObject([{ port: 5353, protocol: 'udp' }]);
  });

  test.each([
    ['{ "name": "x",\n "ports": { "a": 1 }, "ports": { "b": 2 } }', 'ports'],
    ['{ "name": "x",\n "ports": { "a": { "port": 1, "port": 2 } } }', 'port'],
    ['{ "name": "x",\n "name": "y" }', 'name'],
  ])('that says something twice is not guessed at: %j', (text, key) => {
    expect(() => serviceJson.read(text)).toThrow(
      expect.objectContaining({ name: 'UnreadableDocument', line: 2, message: `has the key "${key}" twice` }),
    );
  });

  test('that is broken is said to be so, with the place', () => {
    try {
      serviceJson.read('{\n  "ports": {');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ name: 'UnreadableDocument', line: 2, message: 'expected a closing }' });
    }
  });
});

test('a shell registry is read as text and never run', () => {
  const text = [
    '#!/bin/bash',
    'touch pwned; PORT=1',
    'declare -A RESOURCE_PORTS=(',
    '    # AI',
    '    ["ollama"]="11434"      # LLM server',
    "    ['whisper']='8090' # (old)",
    '    [far]=99999',
    '    [vault]=8200',
    '    ["wireguard"]="51820" # udp',
    '    ["broken"]="$(rm -rf /)"',
    '    ["later"]="${LATER_PORT:-8300}")',
    'declare -A OTHER=( ["x"]="1" )',
    'RESOURCE_PORTS["more"]=8400 # udp',
    'RESOURCE_PORTS+=( [most]=8500 )',
    'declare -gA SCENARIO_PORTS=( ["a"]="36000" ["b"]="36001" )',
    'declare -A RESERVED_RANGES=( ["system"]="0-1023" ["core"]="3000-4100" ["odd"]="9-1" )',
    '',
  ].join('\n');
  expect(told(text, shellRegistry.read(text))).toEqual(
    [
      { resource: 'ollama', port: 11434 },
      { resource: 'whisper', port: 8090 },
      { resource: 'far', wish: '99999' },
      { resource: 'vault', port: 8200 },
      { resource: 'wireguard', port: 51820, protocol: 'udp' },
      { resource: 'broken', wish: '$(rm -rf /)' },
      { resource: 'later', port: 8300, variable: 'LATER_PORT', fallback: true },
      { resource: 'most', port: 8500 },
      { resource: 'a', port: 36000 },
      { resource: 'b', port: 36001 },
      { resource: 'more', port: 8400, protocol: 'udp' },
    ].map((it) => ({ protocol: 'tcp', side: 'host', ...it })),
  );
  expect(reservedRangesIn(text)).toEqual([
    { name: 'system', from: 0, to: 1023 },
    { name: 'core', from: 3000, to: 4100 },
  ]);
});

test('a shell registry goes on behind what only a shell could work out, and on the same line', () => {
  const text = [
    '\ufeffX_PORTS["first"]=26099',
    'declare -A RESOURCE_PORTS=(',
    '  ["a"]="26100"',
    '  ["b"]=$((26000 + (100 + 1)))',
    '  ["c"]=$(next_port "x y")',
    '  ["d"]="26102"',
    ')',
    'X_PORTS["e"]=26103; X_PORTS["f"]=26104 # udp',
  ].join('\n');
  expect(
    told(text, shellRegistry.read(text)).map(({ resource, port, wish, protocol }) => [
      resource,
      port ?? wish,
      protocol,
    ]),
  ).toEqual([
    ['a', 26100, 'tcp'],
    ['b', '$((26000 + (100 + 1)))', 'tcp'],
    ['c', '$(next_port x y)', 'tcp'],
    ['d', 26102, 'tcp'],
    ['first', 26099, 'tcp'],
    ['e', 26103, 'tcp'],
    ['f', 26104, 'udp'],
  ]);
});

test('a table is read by its heading', () => {
  const text =
    '\ufeffService,Port,Proto,Team,Notes\r\nweb,8080,,team-a,"a, ""b""\r\nc"\r\ndns,53,UDP,,\r\n,1,,,\r\nbad,99999,,,\r\nx,81/udp,,,\r\n';
  for (const { port, digits } of csv.read(text))
    if (digits) expect(text.slice(digits.offset, digits.offset + digits.length)).toBe(String(port));
  expect(csv.read(text).map(({ column: _, side: __, digits: ___, ...rest }) => rest)).toEqual([
    { line: 2, resource: 'web', port: 8080, protocol: 'tcp', owner: 'team-a', reason: 'a, "b"\nc' },
    { line: 4, resource: 'dns', port: 53, protocol: 'udp' },
    { line: 6, resource: 'bad', wish: '99999', protocol: 'tcp' },
    { line: 7, resource: 'x', port: 81, protocol: 'udp' },
  ]);
  expect(csv.read('a,b\n1,2\n')).toEqual([]);
  expect(csv.read('service,port\nweb,"80\n80"\n')).toMatchObject([{ resource: 'web' }]);
  expect(csv.read('service,port\r\nodd\rname,1\r\nweb,8080\r\n')[1]).toMatchObject({ line: 3, port: 8080 });
  expect(csv.read('service,port\rweb,8080\r')).toMatchObject([{ line: 2, resource: 'web', port: 8080 }]);
  expect(csv.read('name,port\nweb,8080\n\napi,8081')).toMatchObject([
    { resource: 'web', port: 8080, line: 2 },
    { resource: 'api', port: 8081, line: 4 },
  ]);
  expect(() => csv.read('port,service\n"1,2\n')).toThrow(UnreadableDocument);
  for (const [heading, row] of [
    ['service;port;notes', 'web;8080;"a;b, c"'],
    ['service\tport\tnotes', 'web\t8080\ta;b, c'],
  ])
    expect(csv.read(`${heading}\n${row}\n`)).toMatchObject([
      { resource: 'web', port: 8080, reason: 'a;b, c' },
    ]);
});

test('a cell that was kept as text before it reached a spreadsheet is read as it was', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.constantFrom('=1+1', "'=1", ' @x', '+49 30', "'quoted'", "it's"), fc.string()),
      (owner) => {
        const text = table(['port', 'resource', 'owner'], [[30000, 'web', owner]]);
        const [entry] = csv.read(text);
        expect(entry?.owner ?? '').toBe(
          owner.trim().replaceAll(/\r\n?/g, (it) => (it === '\r' ? ' ' : '\n')),
        );
      },
    ),
  );
});

describe('a compose file', () => {
  const short = (port: string) => {
    const text = `services:\n  web:\n    ports:\n      - ${port}\n`;
    return told(text, compose.read(text)).flatMap(({ resource, ...rest }) =>
      resource === 'web' ? [rest] : [],
    );
  };

  test.each<[string, object[]]>([
    ['"8020:8000"', [{ port: 8020, inside: 8000 }]],
    ['8020:8000', [{ port: 8020, inside: 8000 }]],
    ["'8020:8000'", [{ port: 8020, inside: 8000 }]],
    ['"${API_PORT:-8090}:3000"', [{ port: 8090, variable: 'API_PORT', fallback: true, inside: 3000 }]],
    ['"${API_PORT}:3000"', [{ variable: 'API_PORT', wish: '${API_PORT}', inside: 3000 }]],
    ['"127.0.0.1:9000:9001"', [{ port: 9000, inside: 9001 }]],
    ['"[::1]:9000:9001"', [{ port: 9000, inside: 9001 }]],
    [
      '"${BIND:-127.0.0.1}:${UI_PORT:-8091}:80"',
      [{ port: 8091, variable: 'UI_PORT', fallback: true, inside: 80 }],
    ],
    ['"5353:53/udp"', [{ port: 5353, inside: 53, protocol: 'udp' }]],
    ['{ target: 443, published: 8443, name: tls }', [{ port: 8443, inside: 443, name: 'tls' }]],
    [
      '{ target: 443, published: "${TLS_PORT:-8443}", protocol: udp }',
      [{ port: 8443, variable: 'TLS_PORT', fallback: true, inside: 443, protocol: 'udp' }],
    ],
    ['8099', [{ port: 8099, side: 'container' }]],
    ['"127.0.0.1::80"', [{ port: 80, side: 'container' }]],
    ['"${A_PORT:-3000}:${B_PORT:-3001}"', [{ port: 3000, variable: 'A_PORT', fallback: true, inside: 3001 }]],
    [
      '"3000-3002:4000-4002"',
      [
        { port: 3000, inside: 4000 },
        { port: 3001, inside: 4001 },
        { port: 3002, inside: 4002 },
      ],
    ],
    ['{ target: 443 }', [{ port: 443, side: 'container' }]],
    ['"99999:80"', [{ wish: '99999', inside: 80 }]],
    ['"3005-3000:80"', [{ wish: '3005-3000', inside: 80 }]],
    ['nonsense', [{ wish: 'nonsense' }]],
    ['[1, 2]', [{ wish: '[1, 2]' }]],
    ['{ mode: host }', [{ wish: '{ mode: host }' }]],
  ])('publishes %s', (text, entries) => {
    expect(short(text)).toEqual(entries.map((it) => ({ protocol: 'tcp', side: 'host', ...it })));
  });

  test('may have anchors, merge keys, more documents and other services', () => {
    const text = [
      'x-base: &base',
      '  ports: &ports',
      '    - "8001:80"',
      'services:',
      '  one: { <<: *base }',
      '  two: { ports: *ports, environment: { API_PORT: 8080, NAME: x } }',
      '  three: { expose: ["9000"], environment: ["UI_PORT=${UI_PORT:-3000}", "X=1"] }',
      '',
    ].join('\n');
    expect(told(text, compose.read(text))).toEqual([
      { resource: 'one', protocol: 'tcp', side: 'host', port: 8001, inside: 80 },
      { resource: 'two', protocol: 'tcp', side: 'host', port: 8001, inside: 80 },
      { resource: 'two', protocol: 'tcp', side: 'container', port: 8080, variable: 'API_PORT' },
      { resource: 'three', protocol: 'tcp', side: 'container', port: 9000 },
      {
        resource: 'three',
        protocol: 'tcp',
        side: 'container',
        port: 3000,
        variable: 'UI_PORT',
        fallback: true,
      },
    ]);
  });

  test.each([
    ['a: [', 1],
    [`services:\n  web:\n   ports:\n  - "x: y\n`, 3],
    ['['.repeat(5_000), 1],
    [Array.from({ length: 3_000 }, (_, level) => `${' '.repeat(level)}a:`).join('\n'), 1],
  ])('that cannot be read is said to be so: %#', (text, line) => {
    expect(() => compose.read(text)).toThrow(UnreadableDocument);
    try {
      compose.read(text);
    } catch (error) {
      expect((error as UnreadableDocument).line).toBe(line);
    }
  });

  test('with thousands of aliases is read once, not once for each', { tags: ['slow'] }, () => {
    const services = Array.from({ length: 10_000 }, (_, each) => `  s${each}: { <<: *a, ports: *p }`);
    const text = `services:\n  a: &a\n    ports: &p ["8001:80"]\n${services.join('\n')}\n`;
    expect(compose.read(text)).toHaveLength(10_001);
  });

  test('whose anchors are given anew means the last one before each alias', () => {
    const text =
      'services:\n  a: { ports: &p ["1:1"] }\n  b: { ports: *p }\n  c: { ports: &p ["2:2"] }\n  d: { ports: *p }\n';
    expect(compose.read(text).map(({ resource, port }) => [resource, port])).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 2],
      ['d', 2],
    ]);
  });

  test('whose aliases would unfold without end is read at once', () => {
    const levels = Array.from(
      { length: 30 },
      (_, level) => `a${level + 1}: &a${level + 1} [*a${level}, *a${level}]`,
    );
    const text = `a0: &a0 ["1:1"]\n${levels.join('\n')}\nservices: { web: { ports: *a30 } }\n`;
    expect(compose.read(text)).toMatchObject([{ wish: '[*a28, *a28]' }, { wish: '[*a28, *a28]' }]);
  });
});

test('fallbacks are found wherever a compose file has them', () => {
  const text =
    'services:\n  web:\n    ports: ["${WEB_PORT:-8001}:${WEB_PORT:-8001}"]\n    healthcheck: { test: "curl localhost:${WEB_PORT:-8001}" } # ${WEB_PORT-8001}\n    image: "x:${TAG:-1}"\n';
  const entries = compose.read(text);
  told(text, entries);
  expect(entries.map(({ side, port, variable, column }) => [side, port, variable, column])).toEqual([
    ['host', 8001, 'WEB_PORT', 14],
    ['container', 8001, 'WEB_PORT', 44],
    ['container', 8001, 'WEB_PORT', 54],
    ['container', 8001, 'WEB_PORT', 76],
  ]);
});

test('an env file tells the variables that carry ports', () => {
  const text = [
    'API_PORT=8080 # of the api',
    'export UI_PORT = "3000"',
    "DB_PORT='5432'",
    'PORT=80\r',
    '# OLD_PORT=1',
    'REPORT=7',
    'EMPTY_PORT=',
    'OTHER_PORT=${API_PORT:-8090}',
    'URL_PORT=http://x:1',
    'BIG_PORT=70000',
  ].join('\n');
  expect(told(text, dotenv.read(text))).toEqual(
    [
      { variable: 'API_PORT', port: 8080 },
      { variable: 'UI_PORT', port: 3000 },
      { variable: 'DB_PORT', port: 5432 },
      { variable: 'PORT', port: 80 },
      { variable: 'EMPTY_PORT', wish: '' },
      { variable: 'API_PORT', port: 8090, fallback: true },
      { variable: 'URL_PORT', wish: 'http://x:1' },
      { variable: 'BIG_PORT', wish: '70000' },
    ].map((it) => ({ protocol: 'tcp', side: 'host', ...it })),
  );
});

test('an env file may begin with a byte order mark, say udp, and hold text of several lines', () => {
  const text =
    '\ufeffWEB_PORT=25000\nDNS_PORT_UDP=53\nDNS_PORT_TCP=53\nNOTE="one\nG_PORT=1\nend" # x\nODD="\nH_PORT="2"\n';
  expect(
    told(text, dotenv.read(text)).map(({ variable, port, protocol }) => [variable, port, protocol]),
  ).toEqual([
    ['WEB_PORT', 25000, 'tcp'],
    ['DNS_PORT_UDP', 53, 'udp'],
    ['DNS_PORT_TCP', 53, 'tcp'],
    ['H_PORT', 2, 'tcp'],
  ]);
});

test('a Dockerfile tells what is inside', () => {
  const text = [
    'FROM node # EXPOSE 1',
    'EXPOSE 8080 8443/tcp \\',
    '       53/udp',
    'expose ${API_PORT:-3000}',
    'ENV API_PORT=3000 NAME=x UI_PORT="80"',
    'ENV DB_PORT 5432',
    'ARG WEB_PORT=81',
    'RUN echo EXPOSE 9',
  ].join('\n');
  expect(told(text, dockerfile.read(text))).toEqual(
    [
      { port: 8080 },
      { port: 8443 },
      { port: 53, protocol: 'udp' },
      { port: 3000, variable: 'API_PORT', fallback: true },
      { port: 3000, variable: 'API_PORT' },
      { port: 80, variable: 'UI_PORT' },
      { port: 5432, variable: 'DB_PORT' },
      { port: 81, variable: 'WEB_PORT' },
    ].map((it) => ({ protocol: 'tcp', side: 'container', ...it })),
  );
});

test('a manifest tells the ports of machines, and what is inside of pods', () => {
  const text = [
    'apiVersion: v1',
    'kind: Service',
    'metadata: { name: web }',
    'spec:',
    '  ports:',
    '    - { name: http, port: 80, targetPort: 8080, nodePort: 30080 }',
    '    - { port: 81 }',
    '---',
    'apiVersion: apps/v1',
    'kind: Deployment',
    'metadata: { name: api }',
    'spec: { template: { spec: { containers: [',
    '  { ports: [{ containerPort: 8080, hostPort: 8081, protocol: UDP }], env: [{ name: API_PORT, value: "8080" }] } ] } } }',
    '',
  ].join('\n');
  expect(told(text, kubernetes.read(text))).toEqual([
    { resource: 'web', protocol: 'tcp', side: 'host', port: 30080, name: 'http', inside: 8080 },
    { resource: 'api', protocol: 'udp', side: 'host', port: 8081, inside: 8080 },
    { resource: 'api', protocol: 'udp', side: 'container', port: 8080, inside: 8080 },
    { resource: 'api', protocol: 'tcp', side: 'container', port: 8080, variable: 'API_PORT' },
  ]);
  const list =
    '\ufeffapiVersion: v1\nkind: List\nitems:\n- kind: Service\n  metadata: { name: db }\n  spec: { ports: [{ nodePort: 30081 }] }\n';
  expect(kubernetes.read(list)).toMatchObject([{ resource: 'db', port: 30081, line: 6 }]);
  expect(kubernetes.read('kind: Service\napiVersion: v1\nspec: {{ .Values.x }}')).toEqual([]);
  expect(kubernetes.read('a: 1')).toEqual([]);
});

test('files are known by their names', () => {
  const ids = Object.fromEntries(
    [
      'compose.yaml',
      'a/docker-compose.prod.yml',
      '.env',
      'b/.env.example',
      'api.env',
      'Dockerfile',
      'Dockerfile.dev',
      'web.dockerfile',
      'k8s/web.yaml',
      'envelope.ts',
      'environment',
      'README.md',
    ].map((path) => [path, formatsOf(path)[0]?.id]),
  );
  expect(ids).toEqual({
    'compose.yaml': 'compose',
    'a/docker-compose.prod.yml': 'compose',
    '.env': 'dotenv',
    'b/.env.example': 'dotenv',
    'api.env': 'dotenv',
    Dockerfile: 'dockerfile',
    'Dockerfile.dev': 'dockerfile',
    'web.dockerfile': 'dockerfile',
    'k8s/web.yaml': 'kubernetes',
    'envelope.ts': undefined,
    environment: undefined,
    'README.md': 'markdown-table',
  });
});

test.each([compose, dotenv, dockerfile, kubernetes, serviceJson, shellRegistry, csv])(
  '$id reads any text or says that it cannot, and tells digits where they stand',
  (format) => {
    const line = fc.constantFrom(
      'services:',
      '  web:',
      '    ports:',
      '      - "8080:80"',
      'kind: Service',
      'apiVersion: v1',
      'API_PORT=8080',
      'EXPOSE 80 ${X:-81}',
      'declare -A X_PORTS=( ["a"]="1"',
      'service,port',
      '{ "ports": { "a": 1',
      '- &a [*a]',
      '<<: *a',
      '\ufeff',
      '\u0000',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.string({ unit: 'binary' })), { maxLength: 12 }), (lines) => {
        const text = lines.join('\n');
        try {
          told(text, format.read(text));
        } catch (error) {
          if (!(error instanceof UnreadableDocument)) throw error;
        }
      }),
      { numRuns: process.env.VPORTS_TEST_THOROUGH ? 300 : 100 },
    );
  },
);

test('a cell of a table may have several ports, a range, and both protocols', () => {
  const told = csv
    .read('service,host port,protocol\nminio,9000-9002,tcp\nweb,"80,443",\ndns,53,tcp/udp\n')
    .map(({ resource, port, protocol, digits }) => [resource, port, protocol, digits !== undefined]);
  expect(told).toEqual([
    ['minio', 9000, 'tcp', false],
    ['minio', 9001, 'tcp', false],
    ['minio', 9002, 'tcp', false],
    ['web', 80, 'tcp', true],
    ['web', 443, 'tcp', true],
    ['dns', 53, 'tcp', true],
    ['dns', 53, 'udp', true],
  ]);
});
