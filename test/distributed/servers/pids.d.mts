export declare function isRunning(pid: number, mark: string): boolean;
export declare function isAlive(pid: number): boolean;
