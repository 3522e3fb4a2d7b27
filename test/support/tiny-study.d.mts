export declare function writeTinyStudy(folder: string, extra?: string): Promise<string>;
