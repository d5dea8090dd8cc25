/** A person's canonical name and address (gitmailmap(5)). */
export interface Identity {
  name: string;
  email: string;
}

interface Line {
  properName: string | undefined;
  properEmail: string | undefined;
  name: string | undefined;
  email: string;
}

/** `Proper Name <proper@x> Commit Name <commit@x>`, some parts optional. */
const LINE = /^\s*([^<#]*?)\s*<([^>]*)>(?:\s*([^<]*?)\s*<([^>]*)>)?\s*(?:#.*)?$/;

/** Parses a `.mailmap` into a function that returns canonical identities. Names and addresses are case-insensitive. */
export function mailmapOf(text: string): (identity: Identity) => Identity {
  const lines = text.split(/\r?\n/).flatMap((line): Line[] => {
    if (/^\s*#/.test(line)) return [];
    const [, first = '', one, second, two] = LINE.exec(line) ?? [];
    if (one === undefined) return [];
    const properName = first || undefined;
    return two === undefined
      ? [{ properName, properEmail: undefined, name: undefined, email: one }]
      : [{ properName, properEmail: one, name: second || undefined, email: two }];
  });
  return ({ name, email }) => {
    const own = lines.filter(
      (it) => isSame(it.email, email) && (it.name === undefined || isSame(it.name, name)),
    );
    // A line that matches the name too takes precedence; of several, the last one does.
    const best = own.findLast((it) => it.name !== undefined) ?? own.at(-1);
    return { name: best?.properName ?? name, email: best?.properEmail ?? email };
  };
}

export function isSameIdentity(one: Identity, other: Identity): boolean {
  return isSame(one.name, other.name) && isSame(one.email, other.email);
}

function isSame(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}
