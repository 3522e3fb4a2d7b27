import type { Kafka, Producer } from 'kafkajs';
import type { Deployment } from './deployment.mjs';

export interface Stranger {
  kafka: Kafka;
  producer: Producer;
  close(): Promise<void>;
}
type Raw = Buffer | string | null;

export declare function killServer(
  deployment: Deployment,
  name: 'kafka' | 'minio' | 'postgres',
  awayMs: number,
): Promise<void>;
export declare function alterObject(
  deployment: Deployment,
  prefix: string,
  random: () => number,
): Promise<string | undefined>;
export declare function poisons(topic: string): { key: Raw; value: Raw }[];
export declare function stranger(deployment: Deployment): Promise<Stranger>;
export declare function messagesOf(
  stranger: Stranger,
  topic: string,
  sinceMs: number,
): Promise<{ key: Buffer; value: Buffer }[]>;
export declare function drawFault(random: () => number): {
  what: string;
  act: (deployment: Deployment, random: () => number) => Promise<string | undefined>;
};
