export declare function freePort(offsets?: number[]): Promise<number>;
export declare function isFree(port: number): Promise<boolean>;
