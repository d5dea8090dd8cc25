/** Faults that the simulation has to find, each an edit of a source: `npm run simulation -- --plant NAME`. */
import { readFileSync } from 'node:fs';

const SHARED_LOG = 'src/log/shared/shared-log.ts';

const LEASE = {
  file: SHARED_LOG,
  from: '{ ref: this.ref, oid: head, lease: base }',
  to: '{ ref: this.ref, oid: head, lease: this.fetched.at(this.ref) }',
};

/** Each as the edits that plant it. */
const FAULTS = {
  'lease read late': [LEASE],
  'pushed over what was fetched and never followed': [
    LEASE,
    {
      file: SHARED_LOG,
      from: 'const isKnown = known !== undefined && known === this.fetched.at(this.ref);',
      to: 'const isKnown = known !== undefined;',
    },
  ],
  'queue not dropped': [
    {
      file: SHARED_LOG,
      from: 'this.#lastLook.forget();\n      return this.#dropQueue();',
      to: 'this.#lastLook.forget();\n      return;',
    },
  ],
  'look skipped': [{ file: SHARED_LOG, from: 'if (!isDone()) await this.#look();', to: '' }],
  'landed answer lost': [
    {
      file: SHARED_LOG,
      from: "if (isTooLate === false && why.code !== 'REMOTE_UNREACHABLE') throw why;",
      to: 'throw why;',
    },
  ],
};

/** Applies one of them while the program is bundled. */
export function planting(name) {
  const edits = FAULTS[name];
  if (!edits) throw new Error(`there is no fault ${name}: ${Object.keys(FAULTS).join(', ')}`);
  return {
    name: 'planting',
    setup({ onLoad }) {
      for (const file of new Set(edits.map((edit) => edit.file)))
        onLoad({ filter: new RegExp(`${file.replaceAll('.', '\\.')}$`) }, ({ path }) => {
          let contents = readFileSync(path, 'utf8');
          for (const { from, to } of edits.filter((edit) => edit.file === file)) {
            if (!contents.includes(from))
              throw new Error(`${file} has changed: the fault "${name}" cannot be planted`);
            contents = contents.replace(from, to);
          }
          return { contents, loader: 'ts' };
        });
    },
  };
}
