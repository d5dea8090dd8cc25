import { type PortRef, type Protocol, parsePort, parsePortNumber } from '../../../events/port.js';

/** A parsed `--port`; undefined parts match anything. */
export interface PortChoice {
  name: string | undefined;
  port: number | undefined;
  protocol: Protocol | undefined;
}

/** `api`, `25000`, `api=25000`, each with an optional `/tcp` or `/udp`. Anything that is not a number is a name. */
export function parsePortChoice(text: string): PortChoice {
  const [, words = '', protocol] = /^(.*?)(?:\/(tcp|udp))?$/s.exec(text) ?? [];
  const [first = '', number] = words.split(/=(.*)/s);
  const kind = protocol as Protocol | undefined;
  if (number !== undefined) return { name: first, port: parsePort(number)?.port, protocol: kind };
  const port = parsePortNumber(words);
  return port === undefined
    ? { name: words, port, protocol: kind }
    : { name: undefined, port, protocol: kind };
}

export function isChosen(held: PortRef & { name: string }, { name, port, protocol }: PortChoice): boolean {
  return (
    (name === undefined || held.name === name) &&
    (port === undefined || held.port === port) &&
    (protocol === undefined || held.protocol === protocol)
  );
}
