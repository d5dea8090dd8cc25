import Reconcile from '../reconcile.js';

export default class PortRegistryReconcile extends Reconcile {
  static override summary = 'Mend where registry, machine and documents do not agree';
  static override examples = ['<%= config.bin %> port-registry reconcile'];

  override async run(): Promise<void> {
    this.argv.unshift('--fix');
    await super.run();
  }
}
