import { isMap } from 'yaml';
import { childOf, itemsOf, pairsOf, textOf, yamlDocuments } from '../yaml-places.js';

/** Another file that a compose file takes from: all of it, or what one service there has, for one here. */
export interface ComposeReference {
  /** As written, from the folder of the compose file. */
  file: string;
  service?: { there: string; here: string };
}

/** `include` and `extends: {file, service}` (docs.docker.com/reference/compose-file/include, …/services#extends). */
export function composeReferences(text: string): ComposeReference[] {
  if (!/\b(?:include|extends)["']?\s*:/.test(text)) return [];
  return yamlDocuments(text).flatMap((document) => {
    const included = itemsOf(document, childOf(document, document.contents, 'include')).flatMap((it) => {
      const path = isMap(it) ? childOf(document, it, 'path') : it;
      return [path, ...itemsOf(document, path)].flatMap((one) => textOf(one) ?? []);
    });
    const services = pairsOf(document, childOf(document, document.contents, 'services'));
    const extended = services.flatMap(({ key, value }): ComposeReference[] => {
      const from = childOf(document, value, 'extends');
      const file = textOf(childOf(document, from, 'file'));
      const there = textOf(childOf(document, from, 'service'));
      return file === undefined || there === undefined ? [] : [{ file, service: { there, here: key } }];
    });
    return [...included.map((file) => ({ file })), ...extended];
  });
}
