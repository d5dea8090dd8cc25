import { existsSync } from 'node:fs';
import { type PortRef, portKey } from '../../events/port.js';
import { attempt } from '../attempt.js';
import { type Listener, unknownListener } from './listener.js';

export interface PublishedPort extends PortRef {
  address: string;
  container: string;
  command: string;
}

const ENGINES = /docker|containerd|rootlessport|rootlesskit|podman|slirp4netns|pasta|vpnkit/;

/** Bytes; enough for more than a thousand containers. */
const LARGEST = 16 * 2 ** 20;
/** Milliseconds to wait for the engine. */
const PATIENCE = 1_000;

/** The engine's socket: DOCKER_HOST if that is a local socket, else the usual path. Undefined if there is none. */
export function dockerSocket(env = process.env): string | undefined {
  const configured = env.DOCKER_HOST;
  if (configured && !configured.startsWith('unix://')) return undefined;
  const path = configured ? configured.slice('unix://'.length) : '/var/run/docker.sock';
  return existsSync(path) ? path : undefined;
}

/**
 * Ports published by running containers, from the engine's API (`GET /containers/json`, API v1.24 and later). Empty if no engine
 * answers or access is denied.
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
        response.on('end', () => resolve(attempt(() => JSON.parse(String(Buffer.concat(chunks))))));
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
 * Replaces the engine's proxies by their containers, and adds published ports without a visible socket (another network namespace, firewall rules).
 */
export function atContainers(listeners: Listener[], published: PublishedPort[]): Listener[] {
  const own = new Set(published.map(portKey));
  const isProxy = (it: Listener) => it.process === null || ENGINES.test(it.process);
  return [
    ...listeners.filter((it) => !(own.has(portKey(it)) && isProxy(it))),
    ...published.map(({ protocol, port, address, container, command }) => ({
      ...unknownListener(protocol, port),
      address,
      container,
      process: command,
    })),
  ];
}

/** `{Names: ["/web"], Command, Ports: [{IP, PrivatePort, PublicPort, Type}]}`, all parts optional. */
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
