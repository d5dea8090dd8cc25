import Cleanup from '../cleanup.js';

export default class PortRegistryCleanup extends Cleanup {
  static override summary = "Release this machine's expired leases";
  static override examples = ['vports port-registry cleanup-dynamic'];

  override async run(): Promise<void> {
    this.argv.unshift('--fix');
    await super.run();
  }
}
