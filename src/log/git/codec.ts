/** What of isomorphic-git is used, and no more: its own writes of refs, index and working tree are not atomic. */
export { expandOid, readCommit, readObject, updateIndex, writeObject } from 'isomorphic-git';
/** Wraps an fs once; isomorphic-git would otherwise find out anew at every call whether its methods give promises. */
export { FileSystem } from 'isomorphic-git/models';
