import type { Document, Node } from 'yaml';
import type { Protocol } from '../../../../events/port.js';
import { type DocumentFormat, isPortVariable, type PortEntry, placesIn } from '../port-entry.js';
import { portLiteralIn } from '../port-literal.js';
import { childOf, itemsOf, sourceOf, textOf, yamlDocuments } from '../yaml-places.js';

/** Where the pods of each kind are described (kubernetes.io/docs/reference/kubernetes-api). */
const POD_SPECS = [
  ['spec'],
  ['spec', 'template', 'spec'],
  ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
];

/**
 * `nodePort` and `hostPort`, which are ports of machines, and `containerPort` and variables that carry ports, which are inside.
 * Templates that are no YAML before they are filled in are passed over.
 */
export const kubernetes: DocumentFormat = {
  id: 'kubernetes',
  says: 'publisher',
  matches: (name) => /\.ya?ml$/.test(name),
  fits: (text) =>
    /(node|host|container)Port|name:[^\n]*PORT/.test(text) &&
    /^\uFEFF?["']?kind["']?:/m.test(text) &&
    /^\uFEFF?["']?apiVersion["']?:/m.test(text) &&
    !text.includes('{{'),
  read(text) {
    const place = placesIn(text);
    const manifests = yamlDocuments(text).flatMap((document) => {
      const isList = textOf(childOf(document, document.contents, 'kind')) === 'List';
      const roots = isList
        ? itemsOf(document, childOf(document, document.contents, 'items'))
        : [document.contents];
      return roots.map((root) => ({ document, root }));
    });
    return manifests.flatMap(({ document, root }) => {
      const metadata = childOf(document, root, 'metadata');
      const resource = textOf(childOf(document, metadata, 'name'));
      const scope = textOf(childOf(document, metadata, 'namespace'));
      const found = [...servicePorts(document, text, root), ...containers(document, text, root)];
      return found.map(
        ({ at, ...entry }): PortEntry => ({
          ...(resource && { resource }),
          ...(scope && { scope }),
          ...place(at),
          ...entry,
        }),
      );
    });
  },
};

type Found = Omit<PortEntry, 'line' | 'column'> & { at: number };

function servicePorts(document: Document, text: string, root: Node | null): Found[] {
  if (textOf(childOf(document, root, 'kind')) !== 'Service') return [];
  return itemsOf(document, childOf(document, childOf(document, root, 'spec'), 'ports')).flatMap((item) =>
    entry(document, text, item, 'nodePort', 'host'),
  );
}

function containers(document: Document, text: string, root: Node | null): Found[] {
  return POD_SPECS.flatMap((path) => {
    const spec = path.reduce<Node | undefined>((at, key) => childOf(document, at, key), root ?? undefined);
    // On the network of its machine a pod has no ports of its own.
    const isOnHost = textOf(childOf(document, spec, 'hostNetwork')) === 'true';
    return ['containers', 'initContainers'].flatMap((key) =>
      itemsOf(document, childOf(document, spec, key)).flatMap((container) => [
        ...itemsOf(document, childOf(document, container, 'ports')).flatMap((port) => [
          ...entry(document, text, port, 'hostPort', 'host'),
          ...entry(document, text, port, 'containerPort', isOnHost ? 'host' : 'container'),
        ]),
        ...itemsOf(document, childOf(document, container, 'env')).flatMap((it) =>
          variable(document, text, it),
        ),
      ]),
    );
  });
}

function entry(document: Document, text: string, item: Node, key: string, side: PortEntry['side']): Found[] {
  const scalar = sourceOf(text, childOf(document, item, key));
  const numeral = scalar && portLiteralIn(scalar.source, scalar.offset);
  if (!scalar) return [];
  const named = textOf(childOf(document, item, 'protocol')) ?? 'TCP';
  const protocol: Protocol = named === 'UDP' ? 'udp' : 'tcp';
  const name = textOf(childOf(document, item, 'name'));
  const inner = ['targetPort', 'containerPort', 'port'].map((it) => textOf(childOf(document, item, it)));
  const target = inner.map((it) => portLiteralIn(it ?? '')?.port).find((it) => it !== undefined);
  return [
    {
      at: scalar.offset,
      protocol,
      side,
      ...numeral,
      ...(numeral?.port === undefined && { wish: scalar.source }),
      ...(scalar.source === '0' && { elsewhere: 'chosen by the cluster' }),
      ...(!/^(tcp|udp)$/i.test(named) && { elsewhere: `${named} is neither tcp nor udp` }),
      ...(name !== undefined && { name }),
      ...(target !== undefined && { inside: target }),
    },
  ];
}

function variable(document: Document, text: string, item: Node): Found[] {
  const name = textOf(childOf(document, item, 'name'));
  const value = sourceOf(text, childOf(document, item, 'value'));
  const numeral =
    name && isPortVariable(name) && value ? portLiteralIn(value.source, value.offset) : undefined;
  if (!value || numeral?.port === undefined) return [];
  return [{ at: value.offset, protocol: 'tcp', side: 'container', ...numeral, variable: name! }];
}
