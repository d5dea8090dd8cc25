import List from '../list.js';

export default class PortRegistryList extends List {
  static override examples = ['vports port-registry list'];
}
