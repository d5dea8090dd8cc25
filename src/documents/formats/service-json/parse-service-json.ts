import { findNodeAtLocation, type Node } from 'jsonc-parser';
import { MAIN } from '../../../../events/names.js';
import { badJson, numberAt, parseRoot, textAt, textsAt } from '../json-tree.js';
import { MOST_ENTRIES, placesIn } from '../port-entry.js';
import { type EntryPort, entriesOf, portEntries, portGroups, portIn } from './service-ports.js';

/** What a service.json says of ports, as far as it can be understood. */
export interface ServiceJson {
  text: string;
  root: Node;
  resource: string | undefined;
  /** One of each name. */
  ports: ServicePort[];
  /** Other places of the same names: `deployment.ports` next to `ports`. */
  again: ServicePort[];
  /** `port_allocation.strategy` is `dynamic`: its ports are leases. */
  dynamic: boolean;
  /** `"share": ["db"]`: what an instance of the resource takes from those without one, as RESOURCE or RESOURCE/NAME. */
  share: string[];
  /** `port_allocation.range_start` and `range_end`, as FROM-TO. */
  range: string | undefined;
}

interface ServicePort extends EntryPort {
  name: string;
  /** Line of its value, from 1. */
  line: number;
}

/** Throws BAD_SERVICE_JSON with file, line and column. Comments and a byte order mark are no errors. */
export function parseServiceJson(text: string, path: string): ServiceJson {
  const root = parseRoot(text, path);
  const resource = [['service', 'name'], ['name']]
    .map((at) => textAt(root, at))
    .find((it) => it !== undefined);
  refuseRepeated(text, path, root);
  const place = placesIn(text);
  const allocation = findNodeAtLocation(root, ['port_allocation']);
  const written = portEntries(root);
  if (written.length > MOST_ENTRIES) throw badJson(text, path, 0, `more than ${MOST_ENTRIES} ports`);
  const all = written.map(({ name, value }) => ({
    name: name ?? MAIN,
    line: place(value.offset).line,
    ...portIn(value),
  }));
  const first = new Map([...all].reverse().map((it) => [it.name, it]));
  const isFirst = (it: ServicePort) => first.get(it.name) === it;
  const [start, end] = ['range_start', 'range_end'].map((key) => allocation && numberAt(allocation, [key]));
  return {
    text,
    root,
    resource,
    ports: all.filter(isFirst),
    again: all.filter((it) => !isFirst(it)),
    dynamic: allocation !== undefined && textAt(allocation, ['strategy']) === 'dynamic',
    share: textsAt(root, ['share']),
    range: start !== undefined && end !== undefined ? `${start}-${end}` : undefined,
  };
}

/** Of a key that is there twice programs read the last one and we would edit the first. Throws BAD_SERVICE_JSON. */
export function refuseRepeated(text: string, path: string, root: Node): void {
  const groups = portGroups(root);
  const objects = [
    root,
    ...['service', 'deployment', 'config'].map((key) => findNodeAtLocation(root, [key])),
    ...groups,
    ...groups.flatMap((group) => entriesOf(group).map(({ value }) => value)),
  ];
  for (const object of objects) {
    if (object?.type !== 'object') continue;
    const seen = new Set<string>();
    for (const { offset, children: [key] = [] } of object.children ?? []) {
      if (seen.has(key?.value))
        throw badJson(text, path, offset, `has the key ${JSON.stringify(key?.value)} twice`);
      seen.add(key?.value);
    }
  }
}
