/** A node of a JSON document, as jsonc-parser has it. */
export interface Node {
  readonly type: 'object' | 'array' | 'property' | 'string' | 'number' | 'boolean' | 'null';
  readonly value?: unknown;
  readonly offset: number;
  readonly length: number;
  readonly colonOffset?: number;
  readonly parent?: Node;
  readonly children?: Node[];
}
