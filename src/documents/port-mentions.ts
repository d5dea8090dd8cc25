import { basename } from 'node:path';
import { compose } from './formats/compose/read-compose.js';
import { dockerfile } from './formats/dockerfile/read-dockerfile.js';
import { placesIn } from './formats/port-entry.js';
import { outsideBlock } from './formats/readme/readme.js';

/** A mention of a port of this machine in a text. */
export interface PortMention {
  port: number;
  /** From 1. */
  line: number;
  column: number;
  digits: { offset: number; length: number };
  /** It follows an address of this machine, so it cannot be anything else. */
  isCertain: boolean;
}

/** Precedes the port of an address of this machine, or the fallback of a port variable. */
const ADDRESS =
  /(?:\blocalhost|\b127\.0\.0\.1|\b0\.0\.0\.0|\[::1?\]|\bhost\.docker\.internal):$|\$\{\w*PORT\w*:-$/;
/** Precedes a number that is called a port: `--port `, `WEB_PORT=`, `"port": `, `-p `, `tcp:`. */
const CALLED =
  /(?:\bports?\b|_port|[a-z]Port|(?:^|\s)-p|\btcp)["'`*]*(?:\s*[:=]\s*|\s+(?:is\s+)?|)["'`*[]*$/i;
const IGNORED = 'vports: ignore';

/** Mentions of these ports in a text, except on `ignored` lines. */
export function portMentions(
  text: string,
  ports: Iterable<number>,
  isIgnored: (line: number) => boolean = () => true,
): PortMention[] {
  const wanted = [...ports];
  if (wanted.length === 0 || !wanted.some((port) => text.includes(String(port)))) return [];
  const place = placesIn(text);
  const isOutside = outsideBlock(text);
  return [...text.matchAll(new RegExp(`(?<![\\w.])(?:${wanted.join('|')})(?![\\w]|\\.\\d)`, 'g'))].flatMap(
    (match): PortMention[] => {
      const offset = match.index;
      const start = text.lastIndexOf('\n', offset) + 1;
      const before = text.slice(Math.max(start, offset - 40), offset);
      const isCertain = ADDRESS.test(before);
      const at = place(offset);
      if ((!isCertain && !CALLED.test(before)) || !isOutside(offset)) return [];
      const end = text.indexOf('\n', offset);
      const whole = text.slice(start, end < 0 ? undefined : end);
      if (whole.includes(IGNORED) && isIgnored(at.line)) return [];
      return [{ port: Number(match[0]), ...at, digits: { offset, length: match[0].length }, isCertain }];
    },
  );
}

/** Where Traefik finds a container (doc.traefik.io/traefik/reference/routing-configuration/other-providers/docker). */
const LABEL = /loadbalancer\.server\.port|\btraefik(\.[\w-]+)*\.port\b/;

/** What only a container or a cluster sees of a file: none of it changes when a port moves on the machine. */
export function isInsideContainer(file: string, text: string): (line: number) => boolean {
  const name = basename(file);
  const lines = text.split('\n');
  if (dockerfile.matches(name, name)) return (line) => !/^\s*#/.test(lines[line - 1]!);
  if (/\.ya?ml$/.test(name) && /^apiVersion:/m.test(text) && /^kind:/m.test(text)) return () => true;
  const checks =
    compose.matches(name, name) && !/network_mode:\s*["']?host/.test(text) ? checkLines(lines) : new Set();
  return (line) => checks.has(line) || LABEL.test(lines[line - 1]!);
}

/** Lines of health checks of compose services, from 1: each runs in the container of its service. */
function checkLines(lines: string[]): Set<number> {
  const found = new Set<number>();
  let outer = -1;
  for (const [index, line] of lines.entries()) {
    const indent = line.search(/\S/);
    if (indent >= 0 && indent <= outer) outer = -1;
    if (/^\s*healthcheck:/.test(line)) outer = indent;
    if (outer >= 0) found.add(index + 1);
  }
  return found;
}

/** Whether a file is prose, which only people may edit. */
export function isProse(file: string): boolean {
  return /\.(md|mdx|markdown|txt|rst|adoc|org|tex|html?)$/i.test(file) || /^[A-Z]+$/.test(basename(file));
}

/** Generated files, which programs rewrite. */
export function isGenerated(file: string): boolean {
  return /(^|[.-])lock(\.|$)|^(package-lock|npm-shrinkwrap)\.json$|\.(min\.js|map|svg|sum|snap|csv)$/i.test(
    basename(file),
  );
}
