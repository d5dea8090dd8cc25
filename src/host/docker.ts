import { existsSync } from 'node:fs';
import { type PortRef, portKey } from '../../events/port.js';
import { type Listener, unseen } from './listener.js';

/** A port that a running container publishes. */
export interface PublishedPort extends PortRef {
  address: string;
  container: string;
  command: string;
}

/** Programs of container engines that hold a port on a container's behalf. */
const ENGINES = /docker|containerd|rootlessport|rootlesskit|podman|slirp4netns|pasta|vpnkit/;

/** What a thousand containers come to, in bytes, and more. */
const LARGEST = 16 * 2 ** 20;
/** An engine that does not answer at once is not waited for, in milliseconds. */
const PATIENCE = 1_000;

/** Where the engine listens: DOCKER_HOST where that is a local socket, else the usual place. Undefined where there is none. */
export function dockerSocket(env = process.env): string | undefined {
  const told = env.DOCKER_HOST;
  if (told && !told.startsWith('unix://')) return undefined;
  const path = told ? told.slice('unix://'.length) : '/var/run/docker.sock';
  return existsSync(path) ? path : undefined;
}

/**
 * What the running containers publish, by the engine's own API (`GET /containers/json`, API v1.24 and later). Empty where
 * no engine answers, or where we may not ask.
 */
export async function publishedPorts(socketPath = dockerSocket()): Promise<PublishedPort[]> {
  if (socketPath === undefined) return [];
  const { request } = await import('node:http');
  const answer = await new Promise<unknown>((resolve) => {
    const give = () => resolve(undefined);
    const asked = request(
      { socketPath, path: '/containers/json', headers: { host: 'docker' }, timeout: PATIENCE },
      (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > LARGEST) asked.destroy();
          else chunks.push(chunk);
        });
        response.on('error', give);
        response.on('end', () => resolve(parsed(Buffer.concat(chunks).toString('utf8'))));
      },
    );
    const late = setTimeout(() => asked.destroy(), PATIENCE);
    asked.on('error', give);
    asked.on('close', () => {
      clearTimeout(late);
      give();
    });
    asked.end();
  });
  return Array.isArray(answer) ? answer.flatMap(portsOf) : [];
}

/**
 * The listeners with the container in place of the engine's proxy, which stands in for it on the host. What a container
 * publishes without a socket that can be seen from here (another network namespace, rules of the firewall) is added.
 */
export function atContainers(listeners: Listener[], published: PublishedPort[]): Listener[] {
  const own = new Set(published.map(portKey));
  const standsIn = (it: Listener) => it.process === null || ENGINES.test(it.process);
  return [
    ...listeners.filter((it) => !(own.has(portKey(it)) && standsIn(it))),
    ...published.map(({ protocol, port, address, container, command }) => ({
      ...unseen(protocol, port),
      address,
      container,
      process: command,
    })),
  ];
}

/** `{Names: ["/web"], Command, Ports: [{IP, PrivatePort, PublicPort, Type}]}`, each part of which may be missing. */
function portsOf(container: unknown): PublishedPort[] {
  if (!isRecord(container) || !Array.isArray(container.Ports)) return [];
  const name: unknown = Array.isArray(container.Names) ? container.Names[0] : undefined;
  const id = typeof container.Id === 'string' ? container.Id.slice(0, 12) : 'unnamed';
  return container.Ports.flatMap((it: unknown): PublishedPort[] => {
    if (!isRecord(it) || !isPort(it.PublicPort)) return [];
    if (it.Type !== 'tcp' && it.Type !== 'udp') return [];
    return [
      {
        protocol: it.Type,
        port: it.PublicPort,
        address: typeof it.IP === 'string' && it.IP !== '' ? it.IP : '0.0.0.0',
        container: typeof name === 'string' ? name.replace(/^\//, '') : id,
        command: [container.Command, container.Image].find((it) => typeof it === 'string') ?? 'container',
      },
    ];
  });
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= 65535;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
