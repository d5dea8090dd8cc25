import { asPortName, commandEntries } from '../command-ports.js';
import {
  type DocumentFormat,
  isPortVariable,
  linesIn,
  type Place,
  type PortEntry,
  placesIn,
} from '../port-entry.js';
import { portHere } from '../port-here.js';
import { bareVariable, isOfServer } from '../variable-words.js';

/** `PORT ?= 8080`, `export API_PORT := "3000"`, `PORT: 8080` of a Taskfile. */
const SET =
  /^[ \t]*(?:export[ \t]+)?(?<variable>[A-Za-z_]\w*)[ \t]*(?:[:?]{0,2}=|:)[ \t]*["']?(?<port>\d{2,5})["']?[ \t]*(?:#.*)?\r?$/gm;
/** A target or a recipe, at the left of a line or as a key of `tasks`. */
const TARGET = /^(?:[ ]{2})?([A-Za-z_][\w:.-]*)[^=\n]*?:(?![=])/;

/** Makefiles, justfiles and Taskfiles: what their variables set and what their recipes run. */
export const make: DocumentFormat = {
  id: 'make',
  says: 'option',
  matches: (name) =>
    /^((GNU)?[mM]akefile|[\w.-]+\.mk|\.?[jJ]ustfile|[\w.-]+\.just|[tT]askfile(\.\w+)?\.ya?ml)$/.test(name),
  fits: (text) => /\d{2}/.test(text) && /port|\s-[pSb]\s|runserver/i.test(text),
  read(text) {
    const place = placesIn(text);
    const set = [...text.matchAll(SET)].flatMap((match): PortEntry[] => {
      const { variable = '', port = '' } = match.groups!;
      if (!isPortVariable(variable) || isOfServer(bareVariable(variable))) return [];
      const name = asPortName(bareVariable(variable));
      const offset = match.index + match[0].indexOf(port, match[0].indexOf(variable) + variable.length);
      return portHere(port, offset, place, { ...(name && { name }) });
    });
    return [...set, ...inRecipes(text, place)];
  },
};

function inRecipes(text: string, place: Place): PortEntry[] {
  const found: PortEntry[] = [];
  let target = '';
  for (const { line, offset } of linesIn(text)) {
    const own = TARGET.exec(line)?.[1];
    if (own !== undefined) target = own;
    else if (!line.trimStart().startsWith('#'))
      found.push(...commandEntries(line, { start: offset, name: target, place }));
  }
  return found;
}
