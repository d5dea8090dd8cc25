export interface Commit {
  tree: string;
  parents: string[];
  /** `NAME <EMAIL> SECONDS ZONE`, for author and committer. */
  signature: string;
  message: string;
}

export function signatureOf(
  { name, email }: { name: string; email: string },
  milliseconds: number,
  zone = '+0000',
): string {
  return `${name} <${email}> ${Math.floor(milliseconds / 1000)} ${zone}`;
}

export function encodeCommit({ tree, parents, signature, message }: Commit): Buffer {
  const header = [
    `tree ${tree}`,
    ...parents.map((it) => `parent ${it}`),
    `author ${signature}`,
    `committer ${signature}`,
  ];
  return Buffer.from(`${header.join('\n')}\n\n${message.endsWith('\n') ? message : `${message}\n`}`);
}

/** An existing commit; `time` in seconds since 1970. */
export interface ParsedCommit {
  tree: string;
  parents: string[];
  author: { name: string; email: string };
  time: number;
  message: string;
}

export function parseCommit(content: Buffer): ParsedCommit | undefined {
  const [header = '', message = ''] = content.toString('utf8').split(/\n\n(.*)/s);
  const tree = /^tree ([0-9a-f]{40})$/m.exec(header)?.[1];
  if (!tree) return undefined;
  const author = /^author (.*?) ?<([^>\n]*)>/m.exec(header) ?? [];
  return {
    tree,
    parents: [...header.matchAll(/^parent ([0-9a-f]{40})$/gm)].map((match) => match[1]!),
    author: { name: author[1] ?? '', email: author[2] ?? '' },
    time: Number(/^committer .* (\d+) [+-]\d{4}$/m.exec(header)?.[1] ?? 0),
    message,
  };
}
