import type { Document, Node } from 'yaml';
import { isMap, isScalar, isSeq } from 'yaml';
import type { Protocol } from '../../../../events/port.js';
import { type DocumentFormat, fewOf, isPortVariable, type PortEntry, placesIn } from '../port-entry.js';
import { fallbacksIn, literalOrWish, portLiteralIn, portRangeIn } from '../port-literal.js';
import { childOf, itemsOf, pairsOf, sourceOf, textOf, yamlDocuments } from '../yaml-places.js';
import { isComposeFile } from './compose-files.js';
import { type Found, onHostNetwork, ownVariables, replacement, serviceFacts } from './service-facts.js';

/** A port, or `$VAR`, `${VAR}`, `${VAR:-N}`, `${VAR:-${OTHER:-N}}`. */
const NUMBER = String.raw`\$\{(?:[^{}]|\$\{(?:[^{}]|\$\{[^{}]*\})*\})*\}|\$[A-Za-z_]\w*|\d+`;
/** `[ADDRESS:][HOST:]CONTAINER[/PROTOCOL]`, each of the two a number, a variable or a range (docs.docker.com/reference/compose-file/services). */
const SHORT = new RegExp(
  String.raw`^(?:(?:(?<address>\$\{[^}]*\}|\$[A-Za-z_]\w*|\[[0-9a-fA-F:.]*\]|[\w.-]*):)?(?<host>(?:${NUMBER})(?:-\d+)?)?:)?(?<inside>(?:${NUMBER})(?:-\d+)?)(?:\/(?<protocol>[A-Za-z]+))?$`,
);

/** compose.yaml and its other names, overrides included. */
export const compose: DocumentFormat = {
  id: 'compose',
  says: 'publisher',
  matches: isComposeFile,
  read(text) {
    const place = placesIn(text);
    const entries = fewOf(yamlDocuments(text), (document) =>
      fewOf(pairsOf(document, childOf(document, document.contents, 'services')), ({ key, value }) => {
        const ports = childOf(document, value, 'ports');
        const published = fewOf(portItems(document, ports), (item) =>
          isMap(item) ? longEntry(document, text, item) : shortEntries(text, item),
        );
        const set = variables(document, text, childOf(document, value, 'environment'));
        const facts = serviceFacts(document, value);
        const isOnHost = textOf(childOf(document, value, 'network_mode')) === 'host';
        return [
          ...replacement(ports, published),
          ...(isOnHost ? published.flatMap(onHostNetwork) : published),
          ...itemsOf(document, childOf(document, value, 'expose')).flatMap((item) => exposed(text, item)),
          ...(isOnHost ? ownVariables(key, set) : set),
        ].map(
          ({ at, within: _, ...entry }): PortEntry => ({
            resource: key,
            ...place(at),
            ...entry,
            ...facts,
          }),
        );
      }),
    );
    return [...entries, ...otherFallbacks(text, entries)];
  },
};

/** Fallbacks outside of `ports` and `environment`: in a health check, or on the other side of the colon. */
function otherFallbacks(text: string, entries: PortEntry[]): PortEntry[] {
  const place = placesIn(text);
  const known = new Set(entries.flatMap(({ digits }) => digits?.offset ?? []));
  return fallbacksIn(text)
    .filter(({ variable, digits }) => isPortVariable(variable) && !known.has(digits.offset))
    .map((it) => ({ ...place(it.digits.offset), protocol: 'tcp', side: 'container', mention: true, ...it }));
}

/** Treats anything but a list as one item, so that it is reported. */
function portItems(document: Document, ports: Node | undefined): Node[] {
  if (ports === undefined || textOf(ports) === '') return [];
  return isSeq(ports) || (isScalar(ports) && ports.value === null) ? itemsOf(document, ports) : [ports];
}

/** An item of `ports` that is none of what compose knows. */
function unclear(text: string, { range }: Node): Found[] {
  if (!range) return [];
  const [line = ''] = text.slice(range[0], range[1]).split('\n');
  return [{ at: range[0], protocol: 'tcp', side: 'host', wish: line.trim() }];
}

/** Undefined for what vports has no ports of, like `sctp`. */
function protocolOf(text = 'tcp'): Protocol | undefined {
  const known = text.toLowerCase();
  return known === 'tcp' || known === 'udp' ? known : undefined;
}

function shortEntries(text: string, item: Node): Found[] {
  const scalar = sourceOf(text, item);
  if (!scalar) return unclear(text, item);
  const quote = /^["']/.test(scalar.source) ? 1 : 0;
  const source = scalar.source.slice(quote, scalar.source.length - quote);
  const at = scalar.offset + quote;
  const match = SHORT.exec(source);
  if (!match) return unclear(text, item);
  const { address, host, inside = '', protocol: suffix } = match.groups!;
  const protocol = protocolOf(suffix);
  if (protocol === undefined)
    return [
      { at, protocol: 'tcp', side: 'host', wish: source, elsewhere: `${suffix} is neither tcp nor udp` },
    ];
  // Alone, `8080` is the port inside, and the one outside is the engine's to choose.
  if (host === undefined) {
    const numeral = portLiteralIn(inside, at + (address === undefined ? 0 : address.length + 2));
    return [{ at, protocol, side: 'container', ...numeral }];
  }
  const start = at + (address === undefined ? 0 : address.length + 1);
  const outside = portRangeIn(host);
  if (outside) {
    const first = portRangeIn(inside)?.[0] ?? portLiteralIn(inside)?.port;
    return outside.map((port, index) => ({
      at: start,
      protocol,
      side: 'host',
      port,
      ...(first !== undefined && { inside: portRangeIn(inside) ? first + index : first }),
    }));
  }
  const within = portLiteralIn(inside, start + host.length + 1);
  return [
    {
      at: start,
      protocol,
      side: 'host',
      ...literalOrWish(host, start),
      ...(within?.port !== undefined && { inside: within.port, within: within.digits! }),
    },
  ];
}

/** `{target: 80, published: "8080", protocol: tcp}`. */
function longEntry(document: Document, text: string, item: Node): Found[] {
  const published = sourceOf(text, childOf(document, item, 'published'));
  const inner = sourceOf(text, childOf(document, item, 'target'));
  const target = inner && portLiteralIn(inner.source, inner.offset);
  const word = textOf(childOf(document, item, 'protocol'));
  const protocol = protocolOf(word) ?? 'tcp';
  const name = textOf(childOf(document, item, 'name'));
  const other = protocolOf(word) ? {} : { elsewhere: `${word} is neither tcp nor udp` };
  const named = { ...(name !== undefined && { name }), ...other };
  if (!published) {
    return inner && target
      ? [{ at: inner.offset, protocol, side: 'container', ...target, ...named }]
      : unclear(text, item);
  }
  const { source, offset } = published;
  const inside = target?.port === undefined ? {} : { inside: target.port };
  const range = portRangeIn(source.replace(/["']/g, ''));
  if (range) return range.map((port) => ({ at: offset, protocol, side: 'host', port, ...inside, ...named }));
  return [{ at: offset, protocol, side: 'host', ...literalOrWish(source, offset), ...inside, ...named }];
}

function exposed(text: string, item: Node): Found[] {
  const scalar = sourceOf(text, item);
  if (!scalar) return [];
  const { source, offset } = scalar;
  return [{ at: offset, protocol: 'tcp', side: 'container', ...literalOrWish(source, offset) }];
}

/** `- API_PORT=8080` and `API_PORT: 8080`: the environment of the program inside. */
function variables(document: Document, text: string, node: Node | undefined): Found[] {
  const listed = itemsOf(document, node).flatMap((item) => {
    const scalar = sourceOf(text, item);
    const [, quote = '', variable = '', value = ''] =
      /^(["']?)([A-Za-z_]\w*)=(.*?)\1$/.exec(scalar?.source ?? '') ?? [];
    const offset = (scalar?.offset ?? 0) + quote.length + variable.length + 1;
    return variable ? [{ variable, value, offset }] : [];
  });
  const mapped = pairsOf(document, node).flatMap(({ key, value }) => {
    const scalar = sourceOf(text, value);
    return scalar ? [{ variable: key, value: scalar.source, offset: scalar.offset }] : [];
  });
  return [...listed, ...mapped].flatMap(({ variable, value, offset }) => {
    const numeral = isPortVariable(variable) ? portLiteralIn(value, offset) : undefined;
    if (numeral?.port === undefined) return [];
    return [
      { at: offset, protocol: 'tcp', side: 'container', ...numeral, variable: numeral.variable ?? variable },
    ];
  });
}
