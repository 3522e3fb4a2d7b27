/** A started server of its own kind on the loopback interface. It ends with the process that started it, at the latest. */
export interface Server {
  name: ServerName;
  version: string;
  /** What BUS_URL, STORE_URL or DATABASE_URL takes. */
  url: string;
  /** The settings to give besides: credentials. */
  env: Record<string, string>;
  port: number;
  /** Of the process that was started last. */
  readonly pid: number;
  /** Only Kafka, started with `secure`: each way in. */
  listeners?: Record<'plaintext' | 'sasl' | 'mtls', { url: string; env: Record<string, string> }>;
  /** Ends it by SIGKILL, as a power cut would; resolves when it is gone. */
  kill(): Promise<void>;
  /** Ends it in order, by SIGKILL when that takes too long; resolves when it is gone. */
  stop(): Promise<void>;
  /** Starts it again on the same port and data; resolves when it does its work. */
  start(): Promise<void>;
  /** Ends it and deletes its data. */
  remove(): Promise<void>;
}

export type ServerName = 'kafka' | 'minio' | 'seaweed' | 'postgres';

export interface ServerOptions {
  /** Where programs are kept between runs; PALIMPSEST_SERVERS or ~/.cache/palimpsest-servers by default. */
  cache?: string;
  /** The server's folder; a temporary one by default, which ends with this process. */
  data?: string;
  /** A free port by default. Kafka takes the next three as well, SeaweedFS too, and each of them plus 10,000. */
  port?: number;
  /** Kafka `4.3.1` (default) or `4.4.0`; PostgreSQL `15`, `18`, … or whatever the machine has. */
  version?: string;
  /** It goes on when the process that started it ends; to be ended by its pid. */
  detached?: boolean;
}

/** Two more listeners: SASL/SCRAM-SHA-512 over TLS, and TLS that asks for the client's certificate. */
export interface KafkaOptions extends ServerOptions {
  secure?: boolean;
}

export declare function startKafka(options?: KafkaOptions): Promise<Server>;
export declare function startMinio(options?: ServerOptions): Promise<Server>;
export declare function startSeaweed(options?: ServerOptions): Promise<Server>;
export declare function startPostgres(options?: ServerOptions): Promise<Server>;

/** Puts a server's programs into the cache, so that a later start is quick. */
export declare function fetchServer(name: ServerName, options?: ServerOptions): Promise<void>;

/** Why this machine cannot run a server, in words, such as "no java"; undefined when it can. */
export declare function missing(name: ServerName, options?: KafkaOptions): string | undefined;
