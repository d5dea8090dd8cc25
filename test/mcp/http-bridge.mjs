/**
 * The server of `vports mcp` by HTTP, for programs that speak nothing else: each session has a process of its own, and messages
 * are handed on as they are. Prints the URL; ends with its standard input.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

const [program, cwd] = process.argv.slice(2);
const sessions = new Map();

async function open() {
  const inner = new StdioClientTransport({
    command: process.execPath,
    args: [program, 'mcp'],
    cwd,
    env: process.env,
  });
  const outer = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => sessions.set(id, outer),
  });
  inner.onmessage = (message) => void outer.send(message).catch(() => undefined);
  outer.onmessage = (message) => void inner.send(message).catch(() => undefined);
  outer.onclose = () => void inner.close();
  await Promise.all([inner.start(), outer.start()]);
  return outer;
}

const server = createServer(async (request, response) => {
  // A page of another origin may not speak to a server of this machine.
  const { host = '', origin } = request.headers;
  const isLocal = (name) => /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(name);
  if (!isLocal(host) || (origin && !isLocal(new URL(origin).host))) return response.writeHead(403).end();
  const session = sessions.get(request.headers['mcp-session-id']) ?? (await open());
  await session.handleRequest(request, response);
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/mcp`));
process.stdin.once('end', () => process.exit()).resume();
