import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editServiceJson } from '../../../../src/documents/formats/service-json/edit-service-json.js';
import { parseServiceJson } from '../../../../src/documents/formats/service-json/parse-service-json.js';

const edit = (text: string, ports: Record<string, number | null>) =>
  editServiceJson(text, 'service.json', new Map(Object.entries(ports)));

describe('a service.json', () => {
  test('is understood in all its shapes', () => {
    const text = JSON.stringify({
      service: { line: 1, name: 'web' },
      ports: {
        main: 25000,
        text: '25001',
        api: { env_var: 'API_PORT', range: '15000-19999', port: 8092 },
        ui: { env_var: 'UI_PORT', range: '35000-39999' },
        ws: '${WS_PORT:-40000}',
        odd: '${WS_PORT}',
        far: 70000,
        dns: { port: 5353, protocol: 'udp', range: 5353 },
      },
      port_allocation: { strategy: 'dynamic', range_start: 40000, range_end: 40099 },
    });
    const nothing = { protocol: 'tcp', variable: undefined, range: undefined, writable: true };
    expect(parseServiceJson(text, 'service.json')).toMatchObject({
      text,
      resource: 'web',
      dynamic: true,
      range: '40000-40099',
      ports: [
        { ...nothing, line: 1, name: 'main', port: 25000 },
        { ...nothing, line: 1, name: 'text', port: 25001 },
        { ...nothing, line: 1, name: 'api', port: 8092, variable: 'API_PORT', range: '15000-19999' },
        { ...nothing, line: 1, name: 'ui', port: undefined, variable: 'UI_PORT', range: '35000-39999' },
        { ...nothing, line: 1, name: 'ws', port: 40000, variable: 'WS_PORT' },
        { ...nothing, line: 1, name: 'odd', port: undefined, writable: false },
        { ...nothing, line: 1, name: 'far', port: undefined },
        { ...nothing, line: 1, name: 'dns', port: 5353, protocol: 'udp', range: '5353-5353' },
      ],
    });
  });

  test.each([
    ['{"name": "web"', 'service.json:1:15: expected a closing }'],
    ['{\n  "name": "web",\n  "ports": {"main" 25000}\n}', 'service.json:3:20: expected a colon'],
    ['', 'service.json:1:1'],
    ['[]', 'service.json:1:1: is not a JSON object'],
  ])('%j is refused with file, line and column', (text, message) => {
    const parse = () => parseServiceJson(text, 'service.json');
    expect(parse).toThrow(
      expect.objectContaining({ code: 'BAD_SERVICE_JSON', message: expect.stringContaining(message) }),
    );
    expect(() => edit(text, { main: 1 })).toThrow();
  });

  const B = '{ "name": "b", "ports": [{ "name": "ui", "port": 25002 }, 25003] }';
  test.each<[string, Record<string, number>, Record<string, number | null>, string]>([
    ['{ "ports": 25001 }', { main: 25001 }, { main: 25009 }, '{ "ports": 25009 }'],
    ['{ "ports": "25001" }', { main: 25001 }, { main: 25009 }, '{ "ports": "25009" }'],
    ['{ "ports": 25001, "name": "a" }', { main: 25001 }, { main: null }, '{ "name": "a" }'],
    ['{ "ports": [25005] }', { main: 25005 }, { main: 25009 }, '{ "ports": [25009] }'],
    [B, { ui: 25002, p25003: 25003 }, { ui: 25009 }, B.replace('25002', '25009')],
    [B, { ui: 25002, p25003: 25003 }, { p25003: null }, B.replace(', 25003', '')],
    [B, { ui: 25002, p25003: 25003 }, { api: 25010 }, B],
  ])('%s tells its ports without an object of names', (text, told, ports, expected) => {
    const { ports: found } = parseServiceJson(text, 'service.json');
    expect(Object.fromEntries(found.map(({ name, port }) => [name, port]))).toEqual(told);
    expect(edit(text, ports)).toBe(expected);
  });

  test('with a byte order mark, comments and a trailing comma is no error', () => {
    const text = '\uFEFF{\r\n\t// ours\r\n\t"name": "web", /* x */ "ports": { "main": 1, },\r\n}';
    expect(parseServiceJson(text, 'service.json').ports).toMatchObject([{ name: 'main', port: 1 }]);
    expect(edit(text, { main: 25000 })).toBe(text.replace('"main": 1', '"main": 25000'));
  });
});

describe('an edit', () => {
  test('finds its names wherever ports may stand, and every place of one', () => {
    const text =
      '{ "config": { "ports": { "main": 1 } }, "ports": { "api": 2 }, "deployment": { "ports": { "main": "1", "api": 2 } } }';
    expect(edit(text, { main: 25000, api: 3 })).toBe(
      '{ "config": { "ports": { "main": 25000 } }, "ports": { "api": 3 }, "deployment": { "ports": { "main": "25000", "api": 3 } } }',
    );
    expect(edit('{ "deployment": { "ports": { "main": 1 } } }', { ui: 2 })).toBe(
      '{ "deployment": { "ports": { "ui": 2,"main": 1 } } }'.replace('2,"', '2, "'),
    );
    expect(edit(text, { main: null })).toBe(
      '{ "config": { "ports": {} }, "ports": { "api": 2 }, "deployment": { "ports": { "main": "1", "api": 2 } } }',
    );
    const { ports, again } = parseServiceJson(text, 'x');
    expect([ports.map(({ name }) => name), again.map(({ name }) => name)]).toEqual([
      ['api', 'main'],
      ['api', 'main'],
    ]);
  });

  test.each([
    ['nothing yet', '{"ports": {"main": null}}', { main: 25000 }, '{"ports": {"main": 25000}}'],
    ['a bare number', '{"ports": {"main":  1 }}', { main: 25000 }, '{"ports": {"main":  25000 }}'],
    ['a numeric string', '{"ports": {"main": "1"}}', { main: 25000 }, '{"ports": {"main": "25000"}}'],
    [
      'a template',
      '{"ports": {"main": "${X_1:-4}"}}',
      { main: 25000 },
      '{"ports": {"main": "${X_1:-25000}"}}',
    ],
    [
      'an object',
      '{"ports": {"api": {"port": 1, "env_var": "A"}}}',
      { api: 2 },
      '{"ports": {"api": {"port": 2, "env_var": "A"}}}',
    ],
    [
      'a number that is right, however it is written,',
      '{"ports": {"main": 2.5e4, "api": 25001.0}}',
      { main: 25000, api: 25001 },
      '{"ports": {"main": 2.5e4, "api": 25001.0}}',
    ],
    [
      'a name that is there already as it is',
      '{"ports": {"main": 25000}}',
      { main: 25000 },
      '{"ports": {"main": 25000}}',
    ],
  ])('of %s changes the digits and nothing else', (_, text, ports, expected) => {
    expect(edit(text, ports)).toBe(expected);
  });

  test.each([
    [
      'an object on lines of its own',
      '{\n    "ports": {\n        "api": {\n            "env_var": "A",\n            "range": "1-2"\n        }\n    }\n}\n',
      { api: 30000 },
      '{\n    "ports": {\n        "api": {\n            "env_var": "A",\n            "port": 30000,\n            "range": "1-2"\n        }\n    }\n}\n',
    ],
    [
      'an object on one line',
      '{"ports": {"api": { "env_var": "A" }}}',
      { api: 3 },
      '{"ports": {"api": { "port": 3, "env_var": "A" }}}',
    ],
    [
      'an object with CRLF and tabs',
      '{\r\n\t"ports": {\r\n\t\t"a": {\r\n\t\t\t"env_var":"A"\r\n\t\t}\r\n\t}\r\n}',
      { a: 3 },
      '{\r\n\t"ports": {\r\n\t\t"a": {\r\n\t\t\t"port":3,\r\n\t\t\t"env_var":"A"\r\n\t\t}\r\n\t}\r\n}',
    ],
    [
      'an object with a comment in it',
      '{\n  "ports": {\n    // keep me\n  }\n}\n',
      { main: 3 },
      '{\n  "ports": {\n    // keep me\n    "main": 3\n  }\n}\n',
    ],
    [
      'an empty object',
      '{\n  "ports": {\n    "api": {}\n  }\n}\n',
      { api: 3 },
      '{\n  "ports": {\n    "api": {\n      "port": 3\n    }\n  }\n}\n',
    ],
    [
      'ports without that name',
      '{\n  "ports": {\n    "api": 3\n  }\n}\n',
      { ui: 4 },
      '{\n  "ports": {\n    "ui": 4,\n    "api": 3\n  }\n}\n',
    ],
    [
      'a file without ports',
      '{\n  "name": "web"\n}\n',
      { main: 4 },
      '{\n  "ports": {\n    "main": 4\n  },\n  "name": "web"\n}\n',
    ],
    [
      'a file on one line without ports',
      '{"name": "web"}',
      { main: 4 },
      '{"ports": {"main": 4},"name": "web"}',
    ],
  ])('adds to %s in its style', (_, text, ports, expected) => {
    expect(edit(text, ports)).toBe(expected);
  });

  test.each([
    ['the only number', '{"ports": {"main": 1}}', '{"ports": {}}'],
    [
      'a number, and leaves every comment',
      '{"ports": {\n  "main": 1, // of main\n  // of b\n  "b": 2,\n  "c": 3 // of c\n}}',
      '{"ports": {\n  // of main\n  // of b\n  "b": 2,\n  "c": 3 // of c\n}}',
    ],
    [
      'the last, behind a comment',
      '{"ports": {\n  "b": 2, // of b\n  "main": 1 // of main\n}}',
      '{"ports": {\n  "b": 2 // of b\n  // of main\n}}',
    ],
    ['the first of two', '{"ports": {\n  "main": 1,\n  "api": 2\n}}', '{"ports": {\n  "api": 2\n}}'],
    ['the last of two', '{"ports": {\n  "api": 2,\n  "main": 1\n}}', '{"ports": {\n  "api": 2\n}}'],
    [
      'the number in an object, which keeps the rest',
      '{"ports": {"main": {"env_var": "A", "port": 1}}}',
      '{"ports": {"main": {"env_var": "A"}}}',
    ],
    [
      'nothing from a template, which still names its variable',
      '{"ports": {"main": "${A:-1}"}}',
      '{"ports": {"main": "${A:-1}"}}',
    ],
    ['nothing where the name is not there', '{"ports": {"api": 1}}', '{"ports": {"api": 1}}'],
  ])('takes out %s', (_, text, expected) => {
    expect(edit(text, { main: null })).toBe(expected);
  });

  test('leaves every other byte of any file as it is, and sets what it was told to', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
    const port = fc.integer({ min: 1, max: 65535 });
    const entry = fc.oneof(
      port,
      port.map(String),
      port.map((it) => `\${X:-${it}}`),
      fc.record({ env_var: fc.constant('A'), port }),
    );
    const ports = fc.dictionary(name, entry, { minKeys: 1, noNullPrototype: true });
    const space = fc.constantFrom(undefined, 1, 2, 4, '\t');
    fc.assert(
      fc.property(fc.jsonValue(), ports, space, fc.boolean(), port, (other, before, indent, crlf, next) => {
        const [target] = Object.keys(before) as [string];
        const written = JSON.stringify({ other, ports: before }, null, indent);
        const text = crlf ? written.replaceAll('\n', '\r\n') : written;
        const after = edit(text, { [target]: next });
        const parsed = parseServiceJson(after, 'service.json');
        expect(parsed.ports.find((it) => it.name === target)?.port).toBe(next);
        expect(JSON.parse(after).other).toEqual(JSON.parse(text).other);
        expect(
          edit(after, {
            [target]: parseServiceJson(text, 's').ports.find((it) => it.name === target)!.port!,
          }),
        ).toBe(text);
      }),
    );
  });
});
