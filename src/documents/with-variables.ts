import type { PortKey } from '../../events/port.js';
import { portKey } from '../../events/port.js';
import { readRegularFile } from '../regular-file.js';
import { type Plan, planned } from './documents.js';
import { formatOf } from './formats.js';
import { type DocumentFormat, type PortEntry, UnreadableDocument } from './port-entry.js';
import { utf8 } from './resource-folder.js';
import { notWritten } from './write-document.js';

/**
 * Env and compose files with the numbers of these variables put in place, and in what is published those of ports that have
 * moved. Only digits change. A file that cannot be read is a warning.
 */
export function planWithVariables(
  paths: string[],
  variables: ReadonlyMap<string, number>,
  moved: ReadonlyMap<PortKey, number>,
): Plan {
  const plan: Plan = { documents: [], warnings: [] };
  for (const path of paths) {
    const format = formatOf(path);
    if (!format) continue;
    try {
      const text = utf8(readRegularFile(path));
      if (text === undefined) throw new UnreadableDocument('is not UTF-8');
      const edit = (version: string) => edited(version, entriesIn(format, version), variables, moved);
      const tells = (version: string) => told(entriesIn(format, version), variables);
      plan.documents.push(...planned(path, text, { edit, tells }));
    } catch (error) {
      const why = error instanceof UnreadableDocument ? `line ${error.line}: ${error.message}` : error;
      plan.warnings.push(notWritten(path, why));
    }
  }
  return plan;
}

/** What is inside a container has numbers of its own, but for the fallback of a variable. */
function entriesIn(format: DocumentFormat, text: string): PortEntry[] {
  return format.read(text).filter(({ side, fallback }) => side === 'host' || fallback);
}

function edited(
  text: string,
  entries: PortEntry[],
  variables: ReadonlyMap<string, number>,
  moved: ReadonlyMap<PortKey, number>,
): string {
  const edits = entries.flatMap(({ digits, variable, port, protocol }) => {
    if (!digits || port === undefined) return [];
    const wanted = variable === undefined ? moved.get(portKey({ port, protocol })) : variables.get(variable);
    return wanted === undefined || wanted === port ? [] : [{ ...digits, wanted }];
  });
  let result = text;
  for (const { offset, length, wanted } of edits.sort((a, b) => b.offset - a.offset))
    result = result.slice(0, offset) + wanted + result.slice(offset + length);
  return result;
}

function told(entries: PortEntry[], variables: ReadonlyMap<string, number>): Map<string, number> {
  return new Map(
    entries.flatMap(({ variable, port }) =>
      variable !== undefined && port !== undefined && variables.has(variable) ? [[variable, port]] : [],
    ),
  );
}
