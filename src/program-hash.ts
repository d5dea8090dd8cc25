declare const VPORTS_PROGRAM_HASH: string | undefined;

/** All files that the program is made of, by content: what another program has kept of its work is never read. Set when it is built. */
export const PROGRAM = typeof VPORTS_PROGRAM_HASH === 'string' ? VPORTS_PROGRAM_HASH : 'source';
