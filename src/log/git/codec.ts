/** The used parts of isomorphic-git: its writes of refs, index and work tree are not atomic. */
export { expandOid, readCommit, readObject, updateIndex, writeObject } from 'isomorphic-git';
/** Wraps an fs once; isomorphic-git would otherwise probe at every call whether its methods return promises. */
export { FileSystem } from 'isomorphic-git/models';
