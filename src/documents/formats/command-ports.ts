import { parsePortNumber } from '../../../events/port.js';
import type { Place, PortEntry } from './port-entry.js';
import { bareVariable, isOfServer } from './variable-words.js';

/** A port that a command line has a program of this machine listen on, and where its digits stand in that line. */
interface CommandPort {
  port: number;
  offset: number;
  length: number;
  /** The variable whose fallback it is, or that is set to it. */
  variable?: string;
}

/** Programs that take their port as `-p N`; to many others that is something else. */
const SERVERS =
  'next|serve|http-server|vite|astro|nuxt|nuxi|remix|react-router|rails|puma|thin|unicorn|rackup|live-server|json-server|webpack-dev-server|parcel|ng|gatsby|start-storybook|storybook|vue-cli-service|docusaurus|eleventy|wrangler|uvicorn|gunicorn|hypercorn|flask|air|hugo|jekyll|mkdocs|php artisan serve';
/** What connects to a port that others listen on, or does something to it. */
const CLIENTS =
  /(?:^|\s|\/)(?:kill-port|fkill|lsof|fuser|wait-on|wait-port|wait-for-it(?:\.sh)?|lt|localtunnel|ngrok|cloudflared|mysql\w*|psql|pg_\w+|createdb|dropdb|mongo\w*|redis-cli|ssh|scp|sftp|rsync|nc|ncat|telnet|curl|wget|http|ab|wrk|k6|nmap|cypress run|open|xdg-open)(?=\s|$)/;
/** Another machine: its port is none of ours. */
const OTHER_HOST = /(?:--host(?:name)?|-h)[= ](?!0\.0\.0\.0|127\.0\.0\.1|localhost|::|\$|-)[\w-]+\.[\w.-]+/;

const NUMBER = String.raw`(?:["']?\$\{([A-Za-z_]\w*):?-)?["']?(\d{2,5})(?![\w.:])`;
const PATTERNS = [
  String.raw`(?<![\w-])--(?:http-)?port[= ]${NUMBER}`,
  String.raw`(?<![\w-])--listen[= ](?:tcp:\/\/)?(?:[\w.*]*:)?${NUMBER}`,
  String.raw`\b(?:${SERVERS})\b[^;&|\n]*?\s-p[= ]?${NUMBER}`,
  String.raw`(?:^|[\s"'])([A-Z][A-Z0-9_]*_PORT|PORT)=${NUMBER}`,
  String.raw`\bphp\b[^;&|\n]*?\s-S\s+(?:[\w.[\]]*:)${NUMBER}`,
  String.raw`\brunserver\s+(?:[\w.[\]]*:)?${NUMBER}`,
  String.raw`\b(?:rails|puma)\b[^;&|\n]*?\s-b\s+tcp:\/\/[\w.]*:${NUMBER}`,
  String.raw`\b(?:gunicorn|hypercorn|uvicorn)\b[^;&|\n]*?\s(?:-b|--bind)[= ][\w.]*:${NUMBER}`,
  String.raw`\b(?:docker|podman|nerdctl)\s+(?:container\s+)?(?:run|create)\b[^;&|\n]*?\s(?:-p|--publish)[= ]?(?:[\d.]+:)?${NUMBER.replace('.:])', '.])')}(?=:)`,
].map((pattern) => new RegExp(pattern, 'g'));

/** The ports in a command, named after its script, process or target. `start`: offset of the command in the text. */
export function commandEntries(
  command: string,
  { start, name, place }: { start: number; name: string; place: Place },
): PortEntry[] {
  const own = asPortName(name);
  return portsInCommand(command).map(({ port, offset, length }) => ({
    ...place(start + offset),
    ...(own !== undefined && { name: own }),
    protocol: 'tcp',
    side: 'host',
    port,
    digits: { offset: start + offset, length },
  }));
}

/** The ports that programs of a command line listen on: by option, by variable, or published for their container. */
function portsInCommand(command: string): CommandPort[] {
  const found = new Map<number, CommandPort>();
  for (const { text, start } of partsOf(command)) {
    if (CLIENTS.test(text) || OTHER_HOST.test(text)) continue;
    for (const match of PATTERNS.flatMap((pattern) => [...text.matchAll(pattern)])) {
      const digits = match.at(-1)!;
      const port = parsePortNumber(digits);
      const variable = match.slice(1, -1).find((it) => it !== undefined);
      if (port === undefined || (variable !== undefined && !isOwn(variable, text))) continue;
      const offset = start + match.index + match[0].lastIndexOf(digits);
      found.set(offset, { port, offset, length: digits.length, ...(variable !== undefined && { variable }) });
    }
  }
  return [...found.values()].sort((a, b) => a.offset - b.offset);
}

/** `PORT` is what any program listens on; another variable needs one that may read it, and none that says where others are. */
function isOwn(variable: string, command: string): boolean {
  if (variable === 'PORT') return true;
  return RUNNERS.test(command) && !isOfServer(bareVariable(variable));
}

const RUNNERS = new RegExp(
  String.raw`\b(?:${SERVERS}|node|nodemon|tsx|ts-node|bun|deno|npm|npx|pnpm|yarn|python3?|poetry|uv|go|cargo|ruby|bundle|php|java|mvn|gradle|dotnet|make|\.\/\S+)(?=\s|$)`,
);

/** The commands of a line: a client in one says nothing of the others. */
function partsOf(command: string): { text: string; start: number }[] {
  return [...command.matchAll(/(?:[^;&|\n\\]|\\.|(?<=\d)&(?=\d))+/g)].map((match) => ({
    text: match[0],
    start: match.index,
  }));
}

/** `dev-web` of `dev:web`: what a port name can have; undefined for what has no letter. */
export function asPortName(text: string): string | undefined {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 31);
  return plain === '' ? undefined : plain;
}
