import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { environmentName, labelOf } from '../../events/names.js';
import { escapeControlCharacters, safeJson } from '../../src/control-characters.js';
import { ALL_FORMATS } from '../../src/documents/formats/formats.js';
import { portsInProse } from '../../src/documents/formats/readme/prose.js';
import { editReadme } from '../../src/documents/formats/readme/readme.js';
import { editServiceJson } from '../../src/documents/formats/service-json/edit-service-json.js';
import { findDocuments } from '../../src/documents/read-documents.js';
import { VportsError } from '../../src/errors.js';
import { defaultPolicySource } from '../../src/policy/default-policy.js';
import { rangeOf } from '../../src/policy/policy.js';
import { parsePolicy } from '../../src/policy/policy-file.js';
import { gatherEntries } from '../../src/registry/update-documents/gather-entries.js';
import { unreadableProblem } from '../../src/registry/verbs/read/ci.js';
import { renderDocumentProblems } from '../../src/render/document-problems.js';
import { renderReview } from '../../src/render/review.js';
import { csv } from '../../src/render/table.js';
import { mailmapOf } from '../../src/review/mailmap.js';
import { policyChanges } from '../../src/review/policy-changes.js';
import { checkLog, policyViolation } from '../../src/review/rules.js';
import { Random } from './random.js';

/**
 * One case of hostile input by its number: a tree of documents, a policy or a few event files, made from sound ones. Throws for
 * whatever is no error of vports' own, and for a control character that would reach a terminal.
 */
export function tryCase(seed: number): void {
  const random = new Random(seed);
  const [, run] = random.from(KINDS);
  run(random);
}

const KINDS: [string, (random: Random) => void][] = [
  ['tree', tryTree],
  ['policy', tryPolicy],
  ['events', tryEvents],
];

const HOSTILE = [
  '\u001b]0;x\u0007',
  '\u0000',
  '\u202e',
  '\u{e0041}',
  '\u200b',
  '\ud800',
  '$(touch x)',
  '`touch x`',
  "'; touch x; '",
  '=1+1',
  '@team',
  '::error::x',
  '../../../x',
  '__proto__',
  'constructor',
  'toString',
  '-1',
  '65536',
  '1e9',
  '0x50',
  '99999999999999999999',
  '\n',
  '\r',
  '\t',
  '(((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((x',
  '[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[',
  '${A:-${B:-${C:-${D:-80}}}}',
  '&a *a',
  '<<: *a',
  '%s%n',
];

const DOCUMENTS: [string, string][] = [
  [
    'compose.yaml',
    'services:\n  web:\n    image: x\n    ports:\n      - "${WEB_PORT:-25000}:80"\n      - "25001-25003:81-83/udp"\n  db: { ports: [{ published: 25004, target: 5432 }] }\n',
  ],
  ['.env', 'WEB_PORT=25000\nexport API_PORT="25001" # api\nDB_PORT=\'25002\'\n'],
  ['Dockerfile', 'FROM node\nENV PORT=8080\nEXPOSE 8080 8081/udp\n'],
  [
    'service.json',
    '{ "name": "web", "ports": { "api": { "env_var": "API_PORT", "port": 25000, "range": "25000-25999" }, "ui": 25001 } }\n',
  ],
  [
    '.vrooli/service.json',
    '{ "service": { "name": "web" }, "ports": { "api": { "port": "${API_PORT:-25000}" } } }\n',
  ],
  [
    'deploy.yaml',
    'apiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: a }\nspec:\n  ports: [{ port: 80, nodePort: 30080, name: http }]\n---\nkind: Pod\n',
  ],
  ['ports.csv', 'port,resource,name\n25000,web,main\n25001,"a ""b""",api\n'],
  [
    'registry.sh',
    'declare -A RESOURCE_PORTS=(\n  ["web"]="25000" # x\n  [db]=25001\n)\nRESERVED_RANGES=(\n  ["x"]="1-10"\n)\n',
  ],
  [
    'README.md',
    '# web\n\n<!-- vports:start -->\n| api | 25000 |\n<!-- vports:end -->\n\nIt listens on port 25000, http://localhost:25001.\n',
  ],
  ['.gitignore', 'build/\n!keep\n'],
];

/** What a link leads out to. */
const OUTSIDE = 'services: { secret: { ports: ["25999:1"] } }\n';

function tryTree(random: Random): void {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'vports-fuzz-')));
  const [root, outside] = [join(folder, 'tree'), join(folder, 'outside')];
  try {
    mkdirSync(root);
    writeFileSync(outside, OUTSIDE);
    for (let left = random.below(6) + 1; left > 0; left--) {
      const [name, text] = random.from(DOCUMENTS);
      const folders = Array.from({ length: random.below(3) }, () => fileName(random));
      const path = join(root, ...folders, random.chance(10) ? fileName(random) : name);
      try {
        mkdirSync(dirname(path), { recursive: true });
        // A folder may be a link that an earlier turn made: nothing is put where it leads out.
        if (!`${realpathSync(dirname(path))}/`.startsWith(`${root}/`)) continue;
        if (random.chance(30)) symlinkSync(random.from(['..', outside, 'compose.yaml', path]), path);
        else {
          writeFileSync(path, mutated(random, text), {
            flag: 'wx',
            mode: random.chance(40) ? 0 : 0o644,
            encoding: random.chance(10) ? 'latin1' : 'utf8',
          });
        }
      } catch {
        // A name that the file system does not take, or what is there already.
      }
    }
    const found = findDocuments(root, ALL_FORMATS);
    const problems = found.unread.map(unreadableProblem);
    show(renderDocumentProblems(problems, 'text'));
    show(renderDocumentProblems(problems, 'github'));
    const all = gatherEntries([root], {});
    showJson(all);
    for (const { resource, name } of all.entries) if (resource && name) environmentName(resource, name);
  } catch (error) {
    ours(error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const readme = mutated(random, DOCUMENTS[8]![1]);
  portsInProse(readme);
  editReadme(readme, [{ name: 'api', variable: 'API_PORT', port: 25000, protocol: 'tcp' }]);
  attempt(() =>
    editServiceJson(
      mutated(random, DOCUMENTS[3]![1]),
      'service.json',
      new Map([
        ['api', 25007],
        ['x', 1],
        ['ui', null],
      ]),
    ),
  );
}

const POLICY = defaultPolicySource();

function tryPolicy(random: Random): void {
  const text = random.chance(2) ? mutated(random, POLICY) : mutatedJson(random, POLICY);
  attempt(() => {
    const policy = parsePolicy(text);
    rangeOf(policy, random.below(65536));
    showJson(policy);
    for (const line of policyChanges(parsePolicy(POLICY), policy, []).lines) show(line);
  });
  mailmapOf(mutated(random, 'Ada <ada@example.com> <a@b.c>\nBen <ben@example.com> Benny <x@y.z>\n'))({
    name: 'Ada',
    email: 'a@b.c',
  });
}

function tryEvents(random: Random): void {
  const files = new Map<string, string>();
  let prev: string | null = null;
  for (let version = 1; version <= random.below(4) + 1; version++) {
    const id: string = `01M84MKVF8H6CRPXW55GTF${String(version).padStart(4, '0')}`;
    const event = {
      v: 1,
      id,
      type:
        version === 1 ? 'port.allocated' : random.from(['port.released', 'port.described', 'port.renewed']),
      protocol: 'tcp',
      port: 26702,
      version,
      resource: 'web',
      name: 'main',
      range: 'security',
      reason: random.from(HOSTILE),
      by: { name: 'Ada', email: 'ada@example.com', host: 'vm' },
      at: '2026-11-27T06:12:00.000Z',
      prev,
    };
    prev = id;
    const text = `${JSON.stringify(event, null, 2)}\n`;
    const path = `events/tcp/26xxx/267xx/26702/${String(version).padStart(4, '0')}.json`;
    files.set(
      random.chance(8) ? mutated(random, path) : path,
      random.chance(2) ? text : random.chance(2) ? mutated(random, text) : mutatedJson(random, text),
    );
  }
  const { events, holdings, problems } = checkLog(files);
  const policy = parsePolicy(POLICY);
  for (const event of events.values()) policyViolation(policy, event);
  for (const held of holdings) show(labelOf(held));
  const review = { ok: false, changes: [], ranges: [], policy: [], notes: [], problems, warnings: [] };
  for (const format of ['text', 'markdown', 'github'] as const) show(renderReview(review, format));
  show(
    csv(
      ['path', 'message'],
      problems.map(({ path, message }) => [path, message]),
    ),
  );
}

function fileName(random: Random): string {
  return (random.from(HOSTILE).replace(/[/\0\ud800]/g, '') || 'x').slice(0, 60) + random.below(3);
}

/** Text with a few places cut out, doubled, or replaced by what is hostile. */
function mutated(random: Random, text: string): string {
  let at = text;
  for (let left = random.below(5); left > 0; left--) {
    const [from, length] = [random.below(at.length + 1), random.below(12)];
    const put = random.from([
      '',
      random.from(HOSTILE),
      at.slice(from, from + 40).repeat(random.below(4)),
      String.fromCharCode(random.below(65536)),
    ]);
    at = at.slice(0, from) + put + at.slice(from + length);
  }
  return at;
}

/** JSON with a few values of another kind in it. */
function mutatedJson(random: Random, text: string): string {
  const root = JSON.parse(text);
  for (let left = random.below(4) + 1; left > 0; left--) {
    let at = root;
    for (;;) {
      const keys = Object.keys(at);
      if (keys.length === 0) break;
      const key = random.from(keys);
      if (typeof at[key] === 'object' && at[key] !== null && !random.chance(4)) {
        at = at[key];
        continue;
      }
      const value = random.from([
        null,
        true,
        -1,
        0,
        1.5,
        1e21,
        65536,
        '',
        [],
        {},
        random.from(HOSTILE),
        [[[[{}]]]],
        'x'.repeat(2000),
      ]);
      if (random.chance(4) && !Array.isArray(at))
        Object.defineProperty(at, random.from(HOSTILE), {
          value,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      else at[key] = value;
      break;
    }
  }
  return `${JSON.stringify(root, null, 2)}\n`;
}

function attempt(work: () => void): void {
  try {
    work();
  } catch (error) {
    ours(error);
  }
}

/** An error of vports' own is an answer; its words reach the terminal too. */
function ours(error: unknown): void {
  if (!(error instanceof VportsError)) throw error;
  show(error.message);
  show(error.hint ?? '');
  showJson(error);
}

const RAW =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]/u;

/** What is printed goes through one door, and comes out of it plain. */
function show(text: string): void {
  if (RAW.test(escapeControlCharacters(text)))
    throw new Error(`a control character is printed: ${JSON.stringify(text)}`);
}

function showJson(value: unknown): void {
  const text = safeJson(value);
  if (RAW.test(text)) throw new Error(`a control character is printed: ${JSON.stringify(text)}`);
  JSON.parse(text);
}
