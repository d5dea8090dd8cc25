import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editReadme } from '../../../../src/documents/formats/readme/readme.js';

const PORTS = [
  { name: 'main', port: 25000, protocol: 'tcp' as const, variable: 'WEB_PORT' },
  { name: 'dns', port: 25053, protocol: 'udp' as const, variable: 'DNS_PORT' },
];
const BLOCK = `<!-- vports:start -->
| Name | Port | Protocol | Variable | URL |
| --- | --- | --- | --- | --- |
| main | 25000 | tcp | \`WEB_PORT\` | http://localhost:25000 |
| dns | 25053 | udp | \`DNS_PORT\` |  |
<!-- vports:end -->`;

test.each([
  ['', `${BLOCK}\n`],
  ['# Web\n', `# Web\n\n${BLOCK}\n`],
  ['# Web', `# Web\n\n${BLOCK}\n`],
  ['# Web\n\n', `# Web\n\n${BLOCK}\n`],
  ['# Web\r\n', `# Web\r\n\r\n${BLOCK.replaceAll('\n', '\r\n')}\r\n`],
])('the block is put behind %j the first time', (text, expected) => {
  expect(editReadme(text, PORTS)).toBe(expected);
});

test.each([
  '<!-- vports:start -->old<!-- vports:end -->',
  '<!-- vports:start -->\nold\n\n<!-- vports:end -->',
])('only the block changes after that: %j', (block) => {
  const text = `# Web\n\nbefore\n${block}\nafter\n\nend without a line feed`;
  expect(editReadme(text, PORTS)).toBe(`# Web\n\nbefore\n${BLOCK}\nafter\n\nend without a line feed`);
  expect(editReadme(editReadme(text, PORTS)!, PORTS)).toBe(editReadme(text, PORTS));
});

test('nothing is added for no ports, and a block that is there says so', () => {
  expect(editReadme('# Web\n', [])).toBe('# Web\n');
  expect(editReadme(BLOCK, [])).toBe('<!-- vports:start -->\nNo ports.\n<!-- vports:end -->');
});

test.each([
  '<!-- vports:start -->\nmine',
  'mine\n<!-- vports:end -->',
  '<!-- vports:end -->\n<!-- vports:start -->',
  '<!-- vports:start -->\nmine\n<!-- vports:start -->\n<!-- vports:end -->',
  `${BLOCK}\nmine\n${BLOCK}`,
])('what is not one block is left to the user: %j', (text) => {
  expect(editReadme(text, PORTS)).toBeUndefined();
});

test.each([
  'The block stands between `<!-- vports:start -->` and `<!-- vports:end -->`.\n',
  '```\n<!-- vports:start -->\n<!-- vports:end -->\n```\n',
])('prose and code may speak of the markers: %j', (text) => {
  expect(editReadme(text, PORTS)).toBe(`${text}\n${BLOCK}\n`);
});

test.each([
  ['begun on a bullet', '- ```sh\n  npm start\n  ```\n'],
  ['begun on a number, ended further in', '1. Do\n   ```sh\n   x\n    ```\n'],
  ['quoted', '> ```\n> x\n> ```\n'],
  ['with shorter fences in it', '````md\n```\n````\n'],
  ['with a fence with words in it', '```\n```sh\n```\n'],
  ['in a line', '```inline``` code\n'],
])('code %s is not taken for the rest of the text', (_, text) => {
  expect(editReadme(text, PORTS)).toBe(`${text}\n${BLOCK}\n`);
  expect(editReadme(`${text}\n${BLOCK}\n`, PORTS)).toBe(`${text}\n${BLOCK}\n`);
});

test('a text that ends within code is left to the user: a block would be code too', () => {
  expect(editReadme('```sh\nnpm start\n', PORTS)).toBeUndefined();
  expect(editReadme(`${BLOCK}\n\n\`\`\`sh\nnpm start\n`, PORTS)).toBe(`${BLOCK}\n\n\`\`\`sh\nnpm start\n`);
});

test('whatever the text, a second edit changes nothing', () => {
  const line = fc.oneof(
    fc.constantFrom('```', '~~~', '- ```sh', '    ```', '````', '> ~~~', BLOCK, '`x`', ''),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const once = editReadme(lines.join('\n'), PORTS);
      if (once !== undefined) expect(editReadme(once, PORTS)).toBe(once);
    }),
  );
});
