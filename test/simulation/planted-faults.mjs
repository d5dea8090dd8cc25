/** Faults that the simulation has to find, each an edit of a source: `npm run simulation -- --plant NAME`. */
import { readFileSync } from 'node:fs';

const SHARED_LOG = 'src/log/shared/shared-log.ts';

export const FAULTS = {
  'lease read late': {
    file: SHARED_LOG,
    from: '{ ref: this.#ref, oid: head, lease: base }',
    to: '{ ref: this.#ref, oid: head, lease: this.fetched.at(this.#ref) }',
  },
  'queue not dropped': {
    file: SHARED_LOG,
    from: 'this.#lastLook.forget();\n      return this.#dropQueue();',
    to: 'this.#lastLook.forget();\n      return;',
  },
  'look skipped': {
    file: SHARED_LOG,
    from: 'if (!isDone()) await this.#look();',
    to: '',
  },
  'landed answer lost': {
    file: SHARED_LOG,
    from: "if (isTooLate === false && why.code !== 'REMOTE_UNREACHABLE') throw why;",
    to: 'throw why;',
  },
  'withdrawn without the remote lock': {
    file: SHARED_LOG,
    from: "    await this.#remoteLock.hold(async () => {\n      isTooLate",
    to: "    await (async (work: () => Promise<void>) => work())(async () => {\n      isTooLate",
  },
  'followed without a look at what was seen': {
    file: 'src/log/shared/follow.ts',
    from: 'if (seen !== undefined && !(await reaches(seen)))',
    to: 'if (seen === head)',
  },
};

/** Applies one of them while the program is bundled. */
export function planting(name) {
  const fault = FAULTS[name];
  if (!fault) throw new Error(`there is no fault ${name}: ${Object.keys(FAULTS).join(', ')}`);
  return {
    name: 'planting',
    setup({ onLoad }) {
      onLoad({ filter: new RegExp(`${fault.file.replaceAll('.', '\\.')}$`) }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        if (!text.includes(fault.from)) throw new Error(`${fault.file} has changed: the fault ${name} cannot be planted`);
        return { contents: text.replace(fault.from, fault.to), loader: 'ts' };
      });
    },
  };
}
