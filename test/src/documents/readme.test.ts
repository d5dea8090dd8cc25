import { expect, test } from 'vitest';
import { editReadme } from '../../../src/documents/readme.js';

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
