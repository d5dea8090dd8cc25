export declare const OPTIONAL: Record<string, string>;
export declare function findProgram(name: string): string | undefined;
export declare function missingPrograms(): string[];
