/** The parts of isomorphic-git that talk to a remote. A separate file after the build: only machines without git load it. */
export { fetch, indexPack, listServerRefs, push, readObject, writeObject } from 'isomorphic-git';
export { default as http } from 'isomorphic-git/http/node';
