import { expect, test } from 'vitest';
import { namesAmong } from '../../events/people.js';

const ada = { name: 'Ada', email: 'ada@example.com', host: 'one' };

test('given people, when two addresses go by one name, then each is told with the address, and nobody else is', () => {
  const ben = { name: 'Ben', email: 'ben@example.com', host: 'one' };
  const again = { ...ada, email: 'ADA@example.com', host: 'two' };
  expect([ada, ben, again].map(namesAmong([ada, ben, again]))).toEqual(['Ada', 'Ben', 'Ada']);
  const forged = { ...ada, name: 'ada', email: 'eve@example.com' };
  expect([ada, ben, forged].map(namesAmong([ada, ben, forged]))).toEqual([
    'Ada <ada@example.com>',
    'Ben',
    'ada <eve@example.com>',
  ]);
});
