import type { Server } from './servers.mjs';

export declare function leaveMark(server: Server, mark: string): Promise<void>;
export declare function findMark(server: Server): Promise<string>;
