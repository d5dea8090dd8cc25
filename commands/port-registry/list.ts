import List from '../list.js';

export default class PortRegistryList extends List {}
