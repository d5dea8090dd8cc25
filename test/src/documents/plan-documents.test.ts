import { expect, test } from 'vitest';
import { hasVariables } from '../../../src/documents/plan-documents.js';

test('variables of a service.json are looked for in every file that compose or a shell would read', () => {
  const names = [
    '.env',
    '.env.local',
    'shop.env',
    'compose.yaml',
    'docker-compose-prod.yml',
    'docker-stack.yml',
    'compose_dev.yaml',
    'initialization/compose.override.yml',
  ];
  expect(names.filter((it) => !hasVariables(it))).toEqual([]);
  expect(['composer.json', 'environment.ts', 'decompose.yml'].filter(hasVariables)).toEqual([]);
});
