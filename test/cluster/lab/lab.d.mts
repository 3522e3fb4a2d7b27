/** A cluster of its own: etcd, API server, controllers and scheduler; nodes and pods as `mode` says. */
export interface Lab {
  /** Of everything that it keeps, also `server.log` of each part in a folder of its own. */
  folder: string;
  /** Path of a file for KUBECONFIG, of somebody who may do everything. */
  kubeconfig: string;
  /** Path of such a file for a service account, which must be there. */
  kubeconfigFor(namespace: string, serviceAccount: string): Promise<string>;
  /** Runs kubectl as somebody who may do everything. @returns what it wrote to its standard output */
  kubectl(...args: string[]): Promise<string>;
  /** Applies a manifest. */
  apply(manifest: object): Promise<void>;
  apiServer: {
    /** Ends it by SIGKILL; resolves when it is gone. */
    kill(): Promise<void>;
    /** Starts it again; resolves when it is ready. */
    start(): Promise<void>;
  };
  /** Ends all of it and deletes its data. It ends with the process that started it, at the latest. */
  remove(): Promise<void>;
}

export interface LabOptions {
  /** Where programs are kept; PALIMPSEST_KUBERNETES or ~/.cache/palimpsest-kubernetes by default. */
  cache?: string;
  /** How many nodes are played; 2 by default. */
  nodes?: number;
  /** GPUs of each, as `nvidia.com/gpu`; 4 by default. */
  gpusPerNode?: number;
}

export declare function startLab(options?: LabOptions): Promise<Lab>;

/** Why this machine cannot run a cluster now, in words; undefined when it can. */
export declare function missing(options?: LabOptions): string | undefined;
