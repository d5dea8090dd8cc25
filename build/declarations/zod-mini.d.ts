/** What the declarations of events say of their schemas: the type that each gives. The package needs no zod for it. */
interface ZodMiniType<Output = unknown> {
  readonly output: Output;
}
export interface ZodMiniString<_ = string> extends ZodMiniType<string> {}
export interface ZodMiniInt extends ZodMiniType<number> {}
export interface ZodMiniNull extends ZodMiniType<null> {}
export interface ZodMiniLiteral<Value> extends ZodMiniType<Value> {}
export interface ZodMiniEnum<Values> extends ZodMiniType<Values[keyof Values]> {}
export interface ZodMiniNullable<Type extends ZodMiniType> extends ZodMiniType<Type['output'] | null> {}
export interface ZodMiniOptional<Type extends ZodMiniType> extends ZodMiniType<Type['output'] | undefined> {
  readonly isOptional: true;
}
export interface ZodMiniUnion<Types extends readonly ZodMiniType[]>
  extends ZodMiniType<Types[number]['output']> {}
export interface ZodMiniObject<Shape extends Record<string, ZodMiniType>, _ = unknown>
  extends ZodMiniType<Flat<Needed<Shape> & Possible<Shape>>> {}

type Needed<Shape extends Record<string, ZodMiniType>> = {
  [Key in keyof Shape as Shape[Key] extends { isOptional: true } ? never : Key]: Shape[Key]['output'];
};
type Possible<Shape extends Record<string, ZodMiniType>> = {
  [Key in keyof Shape as Shape[Key] extends { isOptional: true } ? Key : never]?: Shape[Key]['output'];
};
type Flat<Type> = { [Key in keyof Type]: Type[Key] };
type Inferred<Type extends ZodMiniType> = Type['output'];

export type { Inferred as infer };
export declare namespace core {
  type $strict = unknown;
}
