import Reconcile from '../reconcile.js';

export default class PortRegistryReconcile extends Reconcile {
  static override summary = 'Fix differences between registry, machine and documents';
  static override examples = ['vports port-registry reconcile'];

  override async run(): Promise<void> {
    this.argv.unshift('--fix');
    await super.run();
  }
}
