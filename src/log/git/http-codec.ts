/** What of isomorphic-git speaks to a remote. A file of its own when built: only machines without git read it. */
export { fetch, indexPack, listServerRefs, push, readObject, writeObject } from 'isomorphic-git';
export { default as http } from 'isomorphic-git/http/node';
