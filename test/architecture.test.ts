import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

/** The text of each file, by its path from the project's root. */
type Sources = ReadonlyMap<string, string>;

/** Says of each file that breaks the rule how it does. */
type Rule = (sources: Sources) => string[];

interface Import {
  /** A path of ours ending in `.ts`, or the name of a package or builtin. */
  name: string;
  /** Gone when the program runs. */
  isType: boolean;
}

function importsOf(file: string, sources: Sources): Import[] {
  const text = sources.get(file) ?? '';
  const stated = [...text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^;'"]*?\sfrom\s+)?'([^']+)'/gm)];
  const later = [...text.matchAll(/\b(?:import|require)\('([^']+)'\)/g)];
  return [
    ...stated.map(([, type, name]) => ({ name: name!, isType: type !== undefined })),
    ...later.map(([, name]) => ({ name: name!, isType: false })),
  ].map(({ name, isType }) => ({
    isType,
    name: name.startsWith('.') ? normalize(join(dirname(file), name)).replace(/\.js$/, '.ts') : name,
  }));
}

/** The page of the map runs in a browser, and is all effect. */
const PURE = /^(events|src\/(policy|registry\/decide|registry\/query|review|render|map(?!\/page\/)))\//;
/** Packages that only compute. */
const COMPUTING = /^(zod\/mini|immer|jsonc-parser|yaml|csv-parse\/sync|ignore)$/;
/** What asks the machine, the clock or chance. */
const EFFECT = /\bDate\.now\(|\bnew Date\(\)|\bprocess\.\w|\bMath\.random\b|\bglobalThis\b|\bfetch\(/;

/** All that runs when a file is loaded: the file, and what it imports, and so on. */
function closureOf(
  file: string,
  sources: Sources,
  seen = new Map<string, string>([[file, file]]),
): Map<string, string> {
  for (const { name, isType } of importsOf(file, sources)) {
    if (isType || seen.has(name)) continue;
    seen.set(name, `${seen.get(file)} > ${name}`);
    if (sources.has(name)) closureOf(name, sources, seen);
  }
  return seen;
}

const pure: Rule = (sources) =>
  [...sources.keys()]
    .filter((file) => PURE.test(file))
    .flatMap((file) =>
      [...closureOf(file, sources)].flatMap(([name, way]) => {
        if (sources.has(name)) return EFFECT.test(sources.get(name)!) ? [`${way} asks the world`] : [];
        return COMPUTING.test(name) || name.endsWith('.json') ? [] : [way];
      }),
    );

/** Who may import which packages, `/` and what follows included. */
const PLACES: [packages: RegExp, files: RegExp][] = [
  [/^@oclif\/core(\/|$)/, /^(src\/cli|commands)\//],
  [/^@modelcontextprotocol\//, /^src\/mcp\//],
  [/^isomorphic-git(\/|$)/, /^src\/log\/(git|remote|append)\//],
  [/^node:child_process$|^cross-spawn$/, /^src\/(log\/git|host|process|cli)\//],
  [/^node:(net|dgram|http|https)$/, /^src\/(host|log\/remote)\//],
];

const packagesInTheirPlace: Rule = (sources) =>
  [...sources.keys()].flatMap((file) =>
    importsOf(file, sources)
      .filter(
        ({ name, isType }) =>
          !isType && PLACES.some(([packages, files]) => packages.test(name) && !files.test(file)),
      )
      .map(({ name }) => `${file} imports ${name}`),
  );

/** From what knows all others to what knows none: a folder imports those below it, and none beside it. */
const LAYERS: RegExp[][] = [
  [/^commands\//],
  [/^src\/cli\//],
  [/^src\/mcp\//],
  [/^src\/index\.ts$/],
  [/^src\/render\//],
  [/^src\/registry\//],
  [/^src\/forge\//],
  [
    /^src\/log\//,
    /^src\/host\//,
    /^src\/adapters\//,
    /^src\/schema\//,
    /^src\/documents\//,
    /^src\/review\//,
    /^src\/map\//,
  ],
  [/^src\/(policy|process)\//],
  [/^events\//, /^src\/files\//, /^src\/world\//, /^src\/\w[\w-]*\.ts$/],
];
const layerOf = (file: string) => LAYERS.findIndex((layer) => layer.some((it) => it.test(file)));

const arrowsRunDown: Rule = (sources) =>
  [...sources.keys()].flatMap((file) =>
    importsOf(file, sources)
      .filter(({ name, isType }) => sources.has(name) && !(isType && PURE.test(file)))
      .filter(({ name }) => {
        const [from, to] = [layerOf(file), layerOf(name)];
        const isBeside = from === to && from < LAYERS.length - 1 && !sameFolder(file, name, LAYERS[from]!);
        return to < from || isBeside;
      })
      .map(({ name }) => `${file} imports ${name}`),
  );

function sameFolder(one: string, other: string, layer: RegExp[]): boolean {
  return layer.some((it) => it.test(one) && it.test(other));
}

const roomsByTheirDoor: Rule = (sources) =>
  [...sources.keys()]
    .filter((file) => !file.startsWith('src/log/'))
    .flatMap((file) =>
      importsOf(file, sources)
        .filter(({ name }) => /^src\/log\/\w+\/(?!index\.ts$)/.test(name))
        .map(({ name }) => `${file} imports ${name}`),
    );

const noCircles: Rule = (sources) => {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, way: string[]) => {
    if (way.includes(file)) return void found.push([...way.slice(way.indexOf(file)), file].join(' > '));
    if (done.has(file)) return;
    for (const { name } of importsOf(file, sources)) if (sources.has(name)) visit(name, [...way, file]);
    done.add(file);
  };
  for (const file of sources.keys()) visit(file, []);
  return found;
};

const onlyTheCommandLinePrints: Rule = (sources) =>
  [...sources].flatMap(([file, text]) =>
    /^(events|src\/(?!cli\/))/.test(file) &&
    /console\.|process\.(exit|exitCode|stdout|stderr|argv)\b/.test(text)
      ? [`${file} prints or exits`]
      : [],
  );

const foldersFitOnAScreen: Rule = (sources) => {
  const counts = new Map<string, number>();
  for (const file of sources.keys()) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  counts.delete('commands');
  return [...counts]
    .filter(([, count]) => count > 24)
    .map(([folder, count]) => `${folder} has ${count} files`);
};

/** What publishing, locks and the log do is proven in a simulated world: nothing of it may ask the real one. */
const SIMULATED =
  /^src\/(log\/(?!git\/program\/|remote\/(git-transport|http-transport|patient-http))|files\/|registry\/(write|state)\/)/;

const asksTheWorld: Rule = (sources) =>
  [...sources]
    .filter(([file]) => SIMULATED.test(file))
    .flatMap(([file, text]) => [
      ...importsOf(file, sources)
        .filter(
          ({ name, isType }) =>
            !isType &&
            /^node:(fs|timers|child_process)/.test(name) &&
            !/import \{ constants \} from/.test(text),
        )
        .map(({ name }) => `${file} imports ${name}`),
      ...(/\b(Date\.now|performance\.now|Math\.random|setTimeout|setImmediate|randomBytes|randomUUID)\(|\bnew Date\(\)|process\.(pid|hrtime)/.test(
        text.replaceAll('world.randomBytes(', ''),
      )
        ? [`${file} asks clock or chance`]
        : []),
    ]);

/** What changes files, by its name in node:fs or in ours. */
const CHANGES =
  /\b(appendFileSync|copyFileSync|linkSync|mkdirSync|mkdtempSync|renameSync|rename|rmSync|rmdirSync|symlinkSync|unlinkSync|writeFileSync|writeWhole)\b/;

const writesAreGuarded: Rule = (sources) =>
  [...sources]
    .filter(([file]) => file.startsWith('src/log/') && file !== 'src/log/git/guarded-files.ts')
    .flatMap(([file, text]) => [
      ...[...text.matchAll(/^import \{([^}]*)\} from '(?:[./]*(?:world|files)\/[\w-]+\.js|node:fs)'/gm)]
        .filter(([, names]) => CHANGES.test(names!))
        .map(([line]) => `${file}: ${line}`),
      ...[...text.matchAll(/world\.files\.(\w+)\((?!opened)/g)]
        .filter(([, name]) => CHANGES.test(name!))
        .map(([line]) => `${file}: ${line}`),
      ...[...text.matchAll(/\bopenSync\([^)]*'[wa]/g)].map(([line]) => `${file}: ${line}`),
    ]);

const RULES: Record<string, { rule: Rule; violations: [file: string, text: string][] }> = {
  'what decides, judges and words knows no file, git, clock or machine': {
    rule: pure,
    violations: [
      ['src/registry/decide/x.ts', "import { spawn } from 'node:child_process';"],
      ['src/render/table.ts', "import { readFileSync } from 'node:fs';"],
      ['src/policy/x.ts', "import { headRef } from '../log/git/refs.js';"],
      ['events/x.ts', 'export const now = Date.now();'],
      ['src/review/x.ts', "export const load = () => import('../log/git-log.js');"],
      ['src/registry/query/x.ts', "export { readRegularText } from '../../files/regular-file.js';"],
      ['events/x.ts', "import { Flags } from '@oclif/core/flags';"],
    ],
  },
  'packages are used where they belong': {
    rule: packagesInTheirPlace,
    violations: [
      ['src/log/fold/event-path.ts', "import { Flags } from '@oclif/core/flags';"],
      ['src/registry/locate/folders.ts', "import http from 'isomorphic-git/http/node';"],
      ['src/documents/walk.ts', "const { spawn } = await import('node:child_process');"],
      ['src/registry/verbs/x.ts', "import spawn from 'cross-spawn';"],
      ['events/x.ts', "import * as git from 'isomorphic-git';"],
    ],
  },
  'arrows run one way': {
    rule: arrowsRunDown,
    violations: [
      ['src/log/x.ts', "import { socketTable } from '../host/sockets.js';"],
      ['src/host/x.ts', "import { Registry } from '../registry/registry.js';"],
      ['src/log/x.ts', "import { openForge } from '../forge/index.js';"],
      ['src/forge/x.ts', "import { write } from '../registry/write/write.js';"],
      ['src/documents/x.ts', "import { openLog } from '../log/open-log.js';"],
      ['src/registry/verbs/x.ts', "import { VportsCommand } from '../../cli/command.js';"],
      ['src/cli/x.ts', "import Get from '../../commands/get.js';"],
      ['src/registry/verbs/x.ts', "import { renderCheck } from '../../render/ports.js';"],
      ['events/x.ts', "import { rangeOf } from '../src/policy/policy.js';"],
    ],
  },
  'a room of the log is entered by its door': {
    rule: roomsByTheirDoor,
    violations: [['src/registry/state/x.ts', "import { Objects } from '../../log/git/objects.js';"]],
  },
  'no two files know each other, not even by type': {
    rule: noCircles,
    violations: [['src/errors.ts', "import type { Registry } from './registry/registry.js';"]],
  },
  'nothing but the command line prints or exits': {
    rule: onlyTheCommandLinePrints,
    violations: [
      ['src/log/x.ts', 'process.exit(1);'],
      ['events/x.ts', "console.log('x');"],
    ],
  },
  'the log and its writers ask the world that is handed in': {
    rule: asksTheWorld,
    violations: [
      ['src/log/x.ts', "import { readFileSync } from 'node:fs';"],
      ['src/log/remote/x.ts', 'export const now = Date.now();'],
      ['src/registry/write/x.ts', 'setTimeout(() => undefined, 1);'],
      ['src/files/x.ts', 'export const id = process.pid;'],
    ],
  },
  'below a git directory and events/ nothing is written but by the calls that follow no link': {
    rule: writesAreGuarded,
    violations: [
      ['src/log/git/x.ts', "import { existsSync, writeFileSync } from '../../world/files.js';"],
      ['src/log/fold/x.ts', "import { writeWhole } from '../../files/write-whole.js';"],
      ['src/log/append/x.ts', "import { rename } from '../../files/rename.js';"],
      ['src/log/git/x.ts', 'world.files.mkdirSync(path);'],
      ['src/log/git/x.ts', "const descriptor = openSync(path, 'w');"],
    ],
  },
  'a folder fits on a screen': {
    rule: foldersFitOnAScreen,
    violations: Array.from({ length: 25 }, (_, each) => [`src/files/x${each}.ts`, '']),
  },
};

const SOURCES: Sources = new Map(
  ['events', 'src', 'commands'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name): [string, string] => [join(folder, name), readFileSync(join(folder, name), 'utf8')]),
  ),
);

describe.each(Object.entries(RULES))('%s', (name, { rule, violations }) => {
  test('holds', () => expect(rule(SOURCES)).toEqual([]));

  const cases = name === 'a folder fits on a screen' ? [violations] : violations.map((it) => [it]);
  test.each(cases.map((added) => [added[0]!, added] as const))('and sees %j', (_, added) => {
    const broken = new Map(SOURCES);
    for (const [file, text] of added) broken.set(file, `${text}\n${broken.get(file) ?? ''}`);
    expect(rule(broken).length).toBeGreaterThan(0);
  });
});
