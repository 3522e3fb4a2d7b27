import type { Store } from '@palimpsest/platform';
import type { Server } from '../servers/servers.mjs';

export interface Wanted {
  name: string;
  service: string;
  env?: Record<string, string>;
}

export declare const serviceNames: string[];
export declare class Deployment {
  static start(options: {
    folder: string;
    env?: Record<string, string>;
    objects?: string;
  }): Promise<Deployment>;
  readonly folder: string;
  readonly servers: Record<'kafka' | 'minio' | 'postgres', Server>;
  readonly env: Record<string, string>;
  /** Of the services; a test that gives them another sets it. */
  store: Store;
  readonly names: string[];
  url(name?: string): string;
  serve(wanted: Wanted[]): Promise<void>;
  serveWith(env: Record<string, string>): Promise<void>;
  ready(name: string): Promise<void>;
  signal(name: string, signal?: NodeJS.Signals): void;
  stop(name: string, signal?: NodeJS.Signals): Promise<void>;
  restart(name: string): Promise<void>;
  query<T>(text: string): Promise<T[]>;
  wipe(): Promise<void>;
  close(): Promise<void>;
}
export declare function until(what: string, seconds: number, holds: () => Promise<unknown>): Promise<void>;
