import { VportsCommand } from '../src/cli/command.js';
import { Args } from '../src/cli/oclif.js';
import { badUsage } from '../src/errors.js';
import { nearest } from '../src/nearest.js';
import { jsonSchemaOf, SCHEMA_NAMES } from '../src/schema/index.js';

export default class Schema extends VportsCommand {
  static override summary = 'Print the JSON Schema of an answer, an event or a file';
  static override description =
    'For a command, the schema of its --json answer. Without a name, lists all schemas.';
  static override examples = ['vports schema allocate', 'vports schema policy > policy.schema.json'];
  static override strict = false;
  static override args = {
    name: Args.string({ description: 'a command, event, policy, vports.json or service.json' }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Schema);
    const name = argv.join(' ');
    if (name === '')
      return this.print({ text: SCHEMA_NAMES.join('\n'), json: { names: SCHEMA_NAMES } }, flags);
    const schema = jsonSchemaOf(name);
    // It is JSON already, and a document of its own.
    if (schema) return this.print({ text: JSON.stringify(schema, null, 2) }, { ...flags, json: false });
    const meant = nearest(name, SCHEMA_NAMES);
    throw badUsage(
      `no schema named ${JSON.stringify(name.slice(0, 80))}`,
      meant === undefined
        ? '`vports schema` lists them'
        : `did you mean ${meant}? \`vports schema\` lists them`,
    );
  }
}
