import { type PortKey, portKey } from '../../events/port.js';
import type { ReadText } from '../files/reading-once.js';
import { readRegularText } from '../files/regular-file.js';
import { formatsOf } from './formats/formats.js';
import { type DocumentFormat, type PortEntry, placesIn, UnreadableDocument } from './formats/port-entry.js';
import { fallbacksIn } from './formats/port-literal.js';
import type { Plan, PlannedDocument } from './plan.js';
import { type Replacement, replaceDigits } from './replace-digits.js';
import { notWritten } from './write-document.js';

/**
 * Env and compose files with the numbers of these variables put in place, and in what is published those of ports that have
 * moved. Only digits change. A file that cannot be read is a warning.
 */
export function planWithVariables(
  paths: string[],
  variables: ReadonlyMap<string, number>,
  moved: ReadonlyMap<PortKey, number>,
  read: ReadText = readRegularText,
): Plan {
  const plan: Plan = { documents: [], warnings: [] };
  for (const path of paths) {
    const [format] = formatsOf(path);
    if (!format) continue;
    try {
      const text = read(path);
      const entriesOf = (version: string) => entriesIn(format, version, moved);
      const edit = (version: string) => replaceDigits(version, editsIn(entriesOf(version), variables, moved));
      const numbersIn = (version: string) => numbersOf(entriesOf(version), variables);
      const wrong = editsIn(entriesOf(text), variables, moved);
      const after = { changed: wrong.length > 0, text: replaceDigits(text, wrong) };
      plan.documents.push({ path, before: text, ...after, edit, numbersIn, wrong });
    } catch (error) {
      const why = error instanceof UnreadableDocument ? `line ${error.line}: ${error.message}` : error;
      plan.warnings.push(notWritten(path, why));
    }
  }
  return plan;
}

/**
 * What is inside a container has numbers of its own, but for the fallback of a variable. Where no bare number can be meant, as
 * none has moved, a compose file need not be understood to find its fallbacks.
 */
function entriesIn(format: DocumentFormat, text: string, moved: ReadonlyMap<PortKey, number>): PortEntry[] {
  if (format.id !== 'compose' || moved.size > 0)
    return format.read(text).filter(({ side, fallback }) => side === 'host' || fallback);
  const place = placesIn(text);
  return fallbacksIn(text).map((it) => ({
    ...place(it.digits.offset),
    protocol: 'tcp',
    side: 'host',
    ...it,
  }));
}

type Edit = PlannedDocument['wrong'][number] & Replacement;

function editsIn(
  entries: PortEntry[],
  variables: ReadonlyMap<string, number>,
  moved: ReadonlyMap<PortKey, number>,
): Edit[] {
  const edits = entries.flatMap(({ digits, variable, port, protocol, line, column }) => {
    if (!digits || port === undefined) return [];
    const named = variable === undefined ? undefined : variables.get(variable);
    const wanted = named ?? moved.get(portKey({ port, protocol }));
    return wanted === undefined || wanted === port ? [] : [{ line, column, variable, port, wanted, digits }];
  });
  // Several services may have one list through an alias, and its numbers are in the text once.
  return [...new Map(edits.map((it) => [it.digits.offset, it])).values()];
}

function numbersOf(entries: PortEntry[], variables: ReadonlyMap<string, number>): Map<string, number> {
  return new Map(
    entries.flatMap(({ variable, port }) =>
      variable !== undefined && port !== undefined && variables.has(variable) ? [[variable, port]] : [],
    ),
  );
}
