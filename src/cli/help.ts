import { Config } from '@oclif/core/config';
import { Help } from '@oclif/core/help';
import { packageRoot } from '../files/package-root.js';

/** Prints the help of the command or topic that the words name; of the program where there are none. By oclif, from its manifest. */
export async function showHelp(words: string[]): Promise<void> {
  // oclif asks the system where it is not set, and throws where the user is not on record.
  process.env.SHELL ??= 'sh';
  const config = new Config({ root: packageRoot(), userPlugins: false, devPlugins: false });
  await config.load();
  await new Help(config).showHelp(words);
}
