import { linesIn } from './port-entry.js';

/** A plain `key: value` of a YAML text, with its parent keys and the position of its value. */
export interface YamlLine {
  /** From the root down, `-` for an item of a list. */
  path: string[];
  key: string;
  /** As written, with quotes, without a comment. */
  value: string;
  offset: number;
}

const LINE = /^([ \t]*)((?:- +)*)(?:["']?([\w.@/-]+)["']?[ \t]*:(?:[ \t]+|$))?(.*)$/;

/**
 * Scalars in block style, one per line, for documents in which only some keys matter: that needs no full parser and accepts templates.
 * Skips flow style and anchors.
 */
export function yamlLines(text: string): YamlLine[] {
  const found: YamlLine[] = [];
  const open: { indent: number; key: string }[] = [];
  for (const { line, offset: at } of linesIn(text)) {
    const [, space = '', dashes = '', key, rest = ''] = LINE.exec(line) ?? [];
    const isEmpty = line.trim() === '' || rest.startsWith('#');
    if (!isEmpty || key !== undefined) {
      const indent = space.length + dashes.length;
      while (open.length > 0 && open.at(-1)!.indent >= (dashes ? space.length + 1 : indent)) open.pop();
      if (dashes && !(open.at(-1)?.key === '-' && open.at(-1)!.indent === space.length))
        open.push({ indent: space.length, key: '-' });
      const value = /^("[^"]*"|'[^']*'|[^#]*?)[ \t]*(?:#.*)?$/.exec(rest)?.[1] ?? rest;
      if (value !== '') {
        const offset = at + line.indexOf(rest, indent + (key?.length ?? 0));
        found.push({ path: open.map((it) => it.key), key: key ?? '', value, offset });
      } else if (key !== undefined) open.push({ indent, key });
    }
  }
  return found;
}
