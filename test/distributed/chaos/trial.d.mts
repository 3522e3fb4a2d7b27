import type { Deployment } from './deployment.mjs';

export interface Reference {
  folder: string;
  study: string;
  hashes: Record<string, string>;
}

export interface Disturbed {
  /** @returns whether that many tasks were done before the study was */
  after(count: number): Promise<boolean>;
  signal: AbortSignal;
  altered: Set<string>;
}

export declare function hashesOf(folder: string): Record<string, string>;
export declare function reference(folder: string, options?: { folds?: number }): Promise<Reference>;
export declare function trial(
  deployment: Deployment,
  reference: Reference,
  options: {
    disturb: (moment: Disturbed) => Promise<unknown>;
    api?: string;
    seconds?: number;
    allowed?: string[];
    fresh?: boolean;
  },
): Promise<string[]>;
