export declare const programNames: string[];
export declare function programPath(name: string): string | undefined;
