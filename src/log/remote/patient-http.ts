import type { HttpClient } from 'isomorphic-git';

/** Milliseconds without data after which a remote is given up. */
const SILENCE = 300_000;
/** Bytes. A pack of a million events is smaller; decompression must not fill the memory. */
const LARGEST_ANSWER = 256 * 2 ** 20;

/** isomorphic-git's client with a timeout for silence and a size limit. */
export async function patientHttp(silence = SILENCE): Promise<HttpClient> {
  const { http } = await import('../git/http-codec.js');
  return {
    request: async (request) => {
      const patience = new Patience(silence);
      try {
        const response = await http.request({ ...request, signal: patience.signal });
        if (response.body) return { ...response, body: bounded(response.body, patience) };
        patience.end();
        return response;
      } catch (error) {
        patience.end();
        throw patience.signal.aborted ? patience.signal.reason : error;
      }
    },
  };
}

async function* bounded(
  body: AsyncIterable<Uint8Array>,
  patience: Patience,
): AsyncIterableIterator<Uint8Array> {
  let length = 0;
  try {
    for await (const chunk of body) {
      patience.renew();
      length += chunk.length;
      if (length > LARGEST_ANSWER)
        throw new Error(`the answer is larger than ${LARGEST_ANSWER / 2 ** 20} MB`);
      yield chunk;
    }
  } catch (error) {
    throw patience.signal.aborted ? patience.signal.reason : error;
  } finally {
    patience.end();
  }
}

class Patience {
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(silence: number) {
    const why = new Error(`no data for ${silence / 1_000} seconds`);
    // An unfinished response must not keep the program running.
    this.#timer = setTimeout(() => this.#stop.abort(why), silence).unref();
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  renew(): void {
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
