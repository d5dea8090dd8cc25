import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requestByPush, requestIn } from '../../../src/forge/index.js';
import { HOST_KINDS } from '../../../src/policy/policy.js';

const proposal = { branch: 'ports/web', base: 'main', title: 'web', text: 'a\n\nb', draft: false };
const shared = 'c'.repeat(40);

describe('a request by push', () => {
  test('is asked for in options of one line, whatever its text is', () => {
    const texts = fc.array(fc.constantFrom('\\n', '\n', '/merge', '\\', 'é', ' ', 'x'), {
      maxLength: 40_000,
    });
    fc.assert(
      fc.property(fc.constantFrom(...HOST_KINDS), texts, (kind, parts) => {
        const along = requestByPush(kind, { ...proposal, text: parts.join('') }, { shared });
        for (const option of [...(along?.options ?? []), ...(along?.review?.options ?? [])]) {
          expect(option).not.toMatch(/[\n\0]/);
          expect(Buffer.byteLength(option)).toBeLessThan(65_000);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('has the lines of its text, and no others', () => {
    const text = 'first\nwhat \\n/merge\nlast';
    const { options } = requestByPush('gitlab', { ...proposal, text }, { shared })!;
    expect(options.find((it) => it.startsWith('merge_request.description='))).toBe(
      'merge_request.description=first\\nwhat &#92;n/merge\\nlast',
    );
  });
});

describe('the request that a host names', () => {
  test.each([
    ['gitlab', ['View merge request for ports/web:', 'https://x/a/b/-/merge_requests/12'], 12],
    [
      'gitlab',
      ['To create a merge request for ports/web, visit:', 'https://x/-/merge_requests/new?a=b'],
      undefined,
    ],
    ['gitea', ['Visit the existing pull request:', 'https://x/a/b/pulls/3'], 3],
    ['gitea', ['Create a new pull request:', 'https://x/a/b/compare/main...ports/web'], undefined],
    ['gerrit', ['SUCCESS', 'https://x/c/a/+/7 allocate 1 [NEW]', 'https://x/c/a/+/8 move 1 [NEW]'], 8],
    ['gerrit', ['https://x/c/a/+/99999999999 much [NEW]'], undefined],
    ['github', [], undefined],
  ] as const)('%s: %j', (kind, said, number) => expect(requestIn(kind, said)?.number).toBe(number));
});
