/**
 * A cluster of its own: etcd, API server, controllers and scheduler, and by its mode: `sim`, nodes and pods that are
 * played (`stages.yaml` says how); `node`, this machine as a real node, with containers in a network of their own, where
 * NetworkPolicies are enforced.
 */
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
  /** Gives an image of a real node, `repository:tag`, another name beside its own. */
  nameImage(name: string, other: string): Promise<void>;
  /** What the host is called from a pod: servers that listen there are reached from pods. */
  host: string;
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
  /** `sim` by default. Several clusters of either may run beside each other. */
  mode?: 'sim' | 'node';
  /** How many nodes are played; 2 by default. */
  nodes?: number;
  /** GPUs of each, as `nvidia.com/gpu`; 4 by default. */
  gpusPerNode?: number;
  /** What images a real node has: paths of what `docker save` wrote, and such as are made for it. */
  images?: (string | OwnImage)[];
}

/** An image of one layer. */
export interface OwnImage {
  /** With its tag. */
  name: string;
  /** By their path in the image. */
  files: Record<string, string>;
  /** By their path, with what they point to. */
  links?: Record<string, string>;
  entrypoint: string[];
}

export declare function startLab(options?: LabOptions): Promise<Lab>;

/** The path of something that `fetch.mjs` has put into the cache, such as `bin/kueue`; undefined where it has not. */
export declare function cached(name: string): string | undefined;

/** Why this machine cannot run a cluster now, in words; undefined when it can. */
export declare function missing(options?: LabOptions): string | undefined;
