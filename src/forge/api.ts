import type * as z from 'zod/mini';
import { VportsError } from '../errors.js';
import { cleanLines } from '../log/remote/index.js';
import type { Server } from './server.js';
import type { Token } from './token.js';

/** Milliseconds for a whole answer. */
const PATIENCE = 10_000;
/** Bytes of an answer: a page of a hundred entries has some hundred thousand. */
const LARGEST = 4 * 2 ** 20;
/** Characters of a text by others that is shown. */
const LONGEST = 300;

type Body = Readonly<Record<string, string | boolean | readonly (string | number)[]>>;

/** The API of one server, for one token. */
export class Api {
  /** What is printed of an object has no private names, and these hold a token. */
  readonly #token: Token;
  readonly #headers: Record<string, string>;

  constructor(
    private readonly server: Server,
    token: Token,
    headers: Record<string, string>,
  ) {
    this.#token = token;
    this.#headers = headers;
  }

  /** Undefined for an answer of these kinds. Throws REMOTE_UNREACHABLE for any other answer than the one that `schema` describes. */
  async find<T>(path: string, schema: z.ZodMiniType<T>, none: number[] = [404]): Promise<T | undefined> {
    const response = await this.#ask('GET', path);
    if (!none.includes(response.status)) return this.#read(response, schema);
    await response.body?.cancel();
    return undefined;
  }

  /** Throws REMOTE_UNREACHABLE for any other answer than the one that `schema` describes. */
  async get<T>(path: string, schema: z.ZodMiniType<T>): Promise<T> {
    return this.#read(await this.#ask('GET', path), schema);
  }

  /** As `get`. */
  async send<T>(
    method: 'POST' | 'PATCH' | 'PUT',
    path: string,
    body: Body,
    schema: z.ZodMiniType<T>,
  ): Promise<T> {
    return this.#read(await this.#ask(method, path, body), schema);
  }

  /** A text by others as one line that may be printed. */
  shown(text: string): string {
    const line = cleanLines('', text.slice(0, 10_000)).join(' ');
    return line.replaceAll(this.#token.text, '...').slice(0, LONGEST);
  }

  /** The address of a page, by others, as one that may be printed. */
  page(url: string): string {
    const shown = this.shown(url);
    return /^https?:\/\/[^\s]+$/i.test(shown) ? shown : '';
  }

  async #ask(method: string, path: string, body?: Body): Promise<Response> {
    const { api } = this.server;
    const headers = {
      ...this.#headers,
      'User-Agent': 'vports',
      ...(body && { 'Content-Type': 'application/json' }),
    };
    const signal = AbortSignal.timeout(PATIENCE);
    try {
      // A redirect could lead the token to another host.
      return await fetch(`${api}${path}`, {
        method,
        headers,
        redirect: 'manual',
        signal,
        ...(body && { body: JSON.stringify(body) }),
      });
    } catch (error) {
      throw this.#failure(this.#reasonOf(error), { cause: error });
    }
  }

  async #read<T>(response: Response, schema: z.ZodMiniType<T>): Promise<T> {
    const text = await this.#textOf(response);
    const { status } = response;
    if (status < 200 || status > 299) throw this.#refusal(status, text);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw this.#failure('answers with something other than JSON', { cause: error });
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const at = parsed.error.issues[0]?.path.join('.');
    throw this.#failure(`answers otherwise than its documents say${at ? ` (${this.shown(at)})` : ''}`);
  }

  async #textOf(response: Response): Promise<string> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    try {
      for await (const chunk of response.body ?? []) {
        bytes += chunk.length;
        if (bytes > LARGEST) throw this.#failure(`answers with more than ${LARGEST / 2 ** 20} MB`);
        chunks.push(chunk);
      }
    } catch (error) {
      throw error instanceof VportsError ? error : this.#failure(this.#reasonOf(error), { cause: error });
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  #refusal(status: number, text: string): VportsError {
    if (status >= 300 && status < 400)
      return this.#failure(`redirects (${status}), which vports does not follow`, { status });
    const reason = this.shown(saidIn(text));
    const said = reason === '' ? '' : `: ${reason}`;
    if (status === 401 || status === 403)
      return this.#failure(`refuses the token of ${this.#token.from} (${status})${said}`, { status });
    if (status === 404) {
      const repository = this.server.path.join('/');
      return this.#failure(`has no ${repository} for the token of ${this.#token.from} (404)${said}`, {
        status,
      });
    }
    return this.#failure(`answers ${status}${said}`, { status });
  }

  #reasonOf(error: unknown): string {
    if (error instanceof Error && error.name === 'TimeoutError')
      return `has not answered within ${PATIENCE / 1_000} seconds`;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return `cannot be asked: ${this.shown(cause instanceof Error ? cause.message : String(cause))}`;
  }

  #failure(what: string, { status, cause }: { status?: number; cause?: unknown } = {}): VportsError {
    const { host } = new URL(this.server.api);
    const details = { host, ...(status !== undefined && { status }) };
    return new VportsError('REMOTE_UNREACHABLE', `${host} ${what}`, { details, cause });
  }
}

/** What an error of an API says, in the words of GitHub and Gitea (`message`, `errors`) or GitLab (`message`, `error`). */
function saidIn(text: string): string {
  try {
    const { message, error, errors } = JSON.parse(text) as Record<string, unknown>;
    return [message ?? error, ...(Array.isArray(errors) ? errors.map(messageIn) : [])]
      .flatMap((it) => (it === undefined ? [] : typeof it === 'string' ? it : JSON.stringify(it)))
      .join('; ');
  } catch {
    return '';
  }
}

function messageIn(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
}
