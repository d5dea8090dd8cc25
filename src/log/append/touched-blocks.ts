import type { PortEvent } from '../../../events/event.js';
import { type Block, blockOf, blockPath } from '../../../events/event-path.js';
import { formatPort, type PortRef } from '../../../events/port.js';
import type { Stream } from '../../../events/stream.js';
import { VportsError } from '../../errors.js';
import type { RegistryFile } from '../event-log.js';
import type { FoldedBlock } from '../fold/fold.js';
import type { Objects } from '../git/objects.js';
import type { StreamEnd } from './stamp.js';

interface TouchedBlock {
  block: Block;
  damaged: FoldedBlock['damaged'];
  streams: Map<number, Stream>;
}

export class TouchedBlocks {
  private constructor(private readonly blocks: ReadonlyMap<string, TouchedBlock>) {}

  static async of(
    events: readonly PortRef[],
    read: (block: Block) => Promise<FoldedBlock | undefined>,
  ): Promise<TouchedBlocks> {
    const touched = new Map<string, TouchedBlock>();
    for (const event of events) {
      const block = blockOf(event);
      const path = blockPath(block);
      if (touched.has(path)) continue;
      const { streams, damaged } = (await read(block)) ?? { streams: [], damaged: [] };
      touched.set(path, { block, damaged, streams: new Map(streams.map((it) => [it.port, it])) });
    }
    return new TouchedBlocks(touched);
  }

  /** The end that an event follows; in a damaged stream only for an event that may end the damage. Throws STREAM_DAMAGED. */
  endBefore(event: PortRef & { type: PortEvent['type'] }): StreamEnd {
    const stream = this.#streamOf(event);
    const isEnding = stream !== undefined && (!stream.unsound || event.type === 'port.released');
    if (!isEnding) this.#refuseDamaged(event);
    return stream ?? { version: 0, last: '', at: '' };
  }

  /** Files that restore lost events, which new events of their streams need to follow. */
  async restored(events: readonly PortRef[], objects: Objects): Promise<RegistryFile[]> {
    const files = new Map<string, RegistryFile>();
    for (const event of events) {
      for (const [path, oid] of this.#damageOf(event)?.restores ?? []) {
        files.set(path, { path, content: await objects.readText(oid), restores: true });
      }
    }
    return [...files.values()];
  }

  async grown(events: PortEvent[]): Promise<{ block: Block; folded: FoldedBlock }[]> {
    const { evolve, foldStream } = await import('../../../events/reducer.js');
    for (const event of events) {
      const stream = this.#streamOf(event);
      this.#blockOf(event).streams.set(
        event.port,
        stream ? evolve(stream, event) : foldStream(event, [event]),
      );
    }
    return [...this.blocks.values()].map(({ block, damaged, streams }) => ({
      block,
      folded: { streams: [...streams.values()], damaged: damaged.filter(({ port }) => !streams.has(port)) },
    }));
  }

  #blockOf(ref: PortRef): TouchedBlock {
    return this.blocks.get(blockPath(blockOf(ref)))!;
  }

  #damageOf(ref: PortRef): FoldedBlock['damaged'][number] | undefined {
    return this.#blockOf(ref).damaged.find(({ port }) => port === ref.port);
  }

  #streamOf(ref: PortRef): Stream | undefined {
    return this.#blockOf(ref).streams.get(ref.port) ?? this.#damageOf(ref)?.counted;
  }

  #refuseDamaged(ref: PortRef): void {
    const damage = this.#damageOf(ref);
    if (!damage) return;
    const { port, protocol } = ref;
    throw new VportsError(
      'STREAM_DAMAGED',
      `the history of ${formatPort(ref)} is damaged: ${damage.message}`,
      {
        hint: '`git log -- events` shows who changed it; other ports are not affected',
        details: { port, protocol, damage: damage.message },
      },
    );
  }
}
