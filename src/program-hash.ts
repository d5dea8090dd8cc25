declare const VPORTS_PROGRAM_HASH: string | undefined;

/** Hash of all files of the program, set by the build. Caches written by a different program are never read. */
export const PROGRAM = typeof VPORTS_PROGRAM_HASH === 'string' ? VPORTS_PROGRAM_HASH : 'source';
