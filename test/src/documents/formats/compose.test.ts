import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  containerPortFor,
  publishedPorts,
} from '../../../../src/documents/formats/compose/published-ports.js';
import { put, temporaryFolder } from '../../../support/folders.js';

test('the ports inside are found by variable or number, in every way compose writes them', () => {
  const folder = temporaryFolder();
  put(
    join(folder, 'docker-compose.yml'),
    `services:
  web:
    ports:
      - "8020:8000"
      - "\${API_PORT:-8090}:3000"
      - "127.0.0.1:9000:9001"
      - "\${BIND:-127.0.0.1}:\${UI_PORT:-8091}:80"
      - "5353:53/udp"
      - { target: 443, published: 8443 }
      - 8099
      - "3000-3005:3000-3005"
  other: null
`,
  );
  const published = publishedPorts(folder);
  const inside = (variable: string, port: number) => containerPortFor(published, variable, port);
  expect([inside('X', 8020), inside('API_PORT', 1), inside('X', 9000), inside('UI_PORT', 1)]).toEqual([
    8000, 3000, 9001, 80,
  ]);
  expect([inside('X', 5353), inside('X', 8443), inside('X', 8099), inside('API', 1)]).toEqual([
    53,
    443,
    undefined,
    undefined,
  ]);
});

test.each([
  '',
  'services: 1',
  'a: [',
  'services: {web: {ports: 7}}',
  '- x',
  `a: &a [x]\nb: &b [${'*a,'.repeat(200)}]`,
])('%j publishes nothing', (text) => {
  const folder = temporaryFolder();
  put(join(folder, 'compose.yaml'), text);
  expect(publishedPorts(folder)).toEqual([]);
});
