import { parsePortNumber } from '../../../events/port.js';

/** A port that a command line names, and where its digits stand in that line. */
interface CommandPort {
  port: number;
  offset: number;
  length: number;
}

/** Programs that take their port as `-p N`; to many others that is something else. */
const SERVERS =
  'next|serve|http-server|vite|astro|nuxt|nuxi|remix|rails|puma|php|live-server|json-server|webpack-dev-server|parcel|ng|gatsby|start-storybook|storybook|vue-cli-service|docusaurus|eleventy|wrangler|uvicorn|gunicorn|flask';
const NAMED = String.raw`(?<![\w-])--port[= ](\d{2,5})(?!\d)`;
const SHORT = String.raw`\b(?:${SERVERS})\b[^;&|\n]*?\s-p[= ]?(\d{2,5})(?!\d)`;
const VARIABLE = String.raw`(?<![\w-])PORT=(\d{2,5})(?!\d)`;

/** The ports that a command line has its programs listen on: `--port N`, `PORT=N`, and `-p N` of servers. */
export function portsInCommand(command: string): CommandPort[] {
  return [NAMED, SHORT, VARIABLE]
    .flatMap((pattern) => [...command.matchAll(new RegExp(pattern, 'g'))])
    .flatMap((match) => {
      const digits = match[1]!;
      const port = parsePortNumber(digits);
      const offset = match.index + match[0].length - digits.length;
      return port === undefined ? [] : [{ port, offset, length: digits.length }];
    })
    .sort((a, b) => a.offset - b.offset);
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
