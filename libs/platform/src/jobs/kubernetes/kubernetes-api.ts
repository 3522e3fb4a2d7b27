import { ApiFailure } from './api-failure.js';
import type {
  KubeAccessReview,
  KubeEvent,
  KubeJob,
  KubeList,
  KubeConfigMap,
  KubeOwner,
  KubePod,
} from './objects.js';
import type { Permission } from './permissions.js';
import { noAnswer, type Call, type Transport } from './transport.js';

/** Objects that are watched. */
export interface Watchable {
  jobs: KubeJob;
  pods: KubePod;
}
export type WatchedResource = keyof Watchable;

/** Objects as they were, and the version from which a watch goes on. */
export interface Listing<T> {
  items: T[];
  version: string;
}

/** What happened to an object. */
export interface Change<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}

/** Which Job is deleted, and how. */
export interface Removal {
  name: string;
  uid: string;
  /** `Foreground`: it is there until its pods are gone. `Background`: it goes at once, and its pods after it. */
  propagation: 'Foreground' | 'Background';
}

/** A call whose answer must come in time. */
type Asked = Omit<Call, 'signal'> & { signal?: AbortSignal | undefined };

const ANSWER_MS = 30_000;
/** A watch that is dropped on the way says nothing, so none lasts longer. */
const WATCH_SECONDS = 60;
const LOG_LINES = 2000;

/** What the driver asks of the API server, in one namespace. */
export class KubernetesApi {
  readonly #transport: Transport;
  readonly #namespace: string;

  constructor(transport: Transport, namespace: string) {
    this.#transport = transport;
    this.#namespace = namespace;
  }

  /** @throws ApiFailure of status 409 when there is one of this name */
  createJob(job: KubeJob, { dryRun = false } = {}): Promise<KubeJob> {
    const query = { fieldValidation: 'Strict', ...(dryRun && { dryRun: 'All' }) };
    return this.#json({ method: 'POST', path: this.#pathOf('jobs'), body: job, query });
  }

  /** @returns undefined when there is none of this name */
  async readJob(name: string): Promise<KubeJob | undefined> {
    return orUndefined(this.#json<KubeJob>({ method: 'GET', path: this.#pathOf('jobs', name) }));
  }

  /** Begins to delete a Job with its pods; one that is gone, or another of its name, is left as it is. */
  async deleteJob({ name, uid, propagation }: Removal): Promise<void> {
    const body = { propagationPolicy: propagation, preconditions: { uid } };
    try {
      await this.#json({ method: 'DELETE', path: this.#pathOf('jobs', name), body });
    } catch (error) {
      if (!(error instanceof ApiFailure) || ![404, 409].includes(error.status)) throw error;
    }
  }

  /** @returns the Job as it then is; undefined when there is none of this name */
  async annotateJob(name: string, annotations: Record<string, string>): Promise<KubeJob | undefined> {
    const body = { metadata: { annotations } };
    const contentType = 'application/merge-patch+json';
    return orUndefined(this.#json({ method: 'PATCH', path: this.#pathOf('jobs', name), body, contentType }));
  }

  /** Begins to end a pod; one that is gone is no error. */
  async deletePod(name: string): Promise<void> {
    await orUndefined(this.#json({ method: 'DELETE', path: this.#pathOf('pods', name) }));
  }

  async list<R extends WatchedResource>(
    resource: R,
    labelSelector: string,
    signal?: AbortSignal,
  ): Promise<Listing<Watchable[R]>> {
    const list = await this.#json<KubeList<Watchable[R]>>({
      ...{ method: 'GET', path: this.#pathOf(resource), query: { labelSelector }, signal },
    });
    return { items: list.items, version: list.metadata?.resourceVersion ?? '' };
  }

  /** Resolves when the watch has begun, which ends by itself after a minute or when the signal says so. */
  async watch<R extends WatchedResource>(
    resource: R,
    { labelSelector, version }: { labelSelector: string; version: string },
    signal: AbortSignal,
  ): Promise<AsyncIterable<Change<Watchable[R]>>> {
    const query = { labelSelector, resourceVersion: version, watch: 'true', timeoutSeconds: WATCH_SECONDS };
    const limit = AbortSignal.timeout(WATCH_SECONDS * 1000 + ANSWER_MS);
    const response = await this.#transport.open({
      ...{ method: 'GET', path: this.#pathOf(resource), query },
      signal: AbortSignal.any([signal, limit]),
    });
    return changesIn(response);
  }

  /** The last lines that a pod's container wrote. @returns undefined when nobody has them any more */
  async podLog(name: string, container: string): Promise<string | undefined> {
    const query = { container, tailLines: LOG_LINES };
    return orUndefined(this.#text({ method: 'GET', path: `${this.#pathOf('pods', name)}/log`, query }));
  }

  /** What Kubernetes warns of a Job, the newest last. */
  async eventsOf(jobName: string): Promise<string[]> {
    const query = { fieldSelector: `involvedObject.kind=Job,involvedObject.name=${jobName}` };
    const path = `/api/v1/namespaces/${this.#namespace}/events`;
    const { items } = await this.#json<KubeList<KubeEvent>>({ method: 'GET', path, query });
    return items
      .filter(({ type }) => type === 'Warning')
      .sort((a, b) => lastSeen(a).localeCompare(lastSeen(b)))
      .map(({ message = '' }) => message);
  }

  /** What makes a ConfigMap the owner of an object. @returns undefined when there is none of this name */
  async ownerOf(configMap: string, signal?: AbortSignal): Promise<KubeOwner | undefined> {
    const path = `/api/v1/namespaces/${this.#namespace}/configmaps/${configMap}`;
    const found = await orUndefined(this.#json<KubeConfigMap>({ method: 'GET', path, signal }));
    const uid = found?.metadata?.uid;
    return uid === undefined ? undefined : { apiVersion: 'v1', kind: 'ConfigMap', name: configMap, uid };
  }

  /** Whether these credentials may do something in the namespace. */
  async mayI(
    verb: string,
    { group, resource: path, name }: Pick<Permission, 'group' | 'resource' | 'name'>,
  ): Promise<boolean> {
    const [resource, subresource] = path.split('/');
    const resourceAttributes = { namespace: this.#namespace, verb, group, resource, subresource, name };
    const { status } = await this.#json<KubeAccessReview>({
      ...{ method: 'POST', path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews' },
      body: {
        ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview' },
        spec: { resourceAttributes },
      },
    });
    return status?.allowed ?? false;
  }

  /** The release of the API server, such as `v1.35.4`. */
  async version(): Promise<string> {
    const { gitVersion } = await this.#json<{ gitVersion: string }>({ method: 'GET', path: '/version' });
    return gitVersion;
  }

  #pathOf(resource: WatchedResource, name?: string): string {
    const group = resource === 'jobs' ? '/apis/batch/v1' : '/api/v1';
    return `${group}/namespaces/${this.#namespace}/${resource}${name === undefined ? '' : `/${name}`}`;
  }

  async #json<T = unknown>(call: Asked): Promise<T> {
    return JSON.parse(await this.#text(call)) as T;
  }

  #text({ signal, ...call }: Asked): Promise<string> {
    const limit = AbortSignal.timeout(ANSWER_MS);
    return this.#transport.text({ ...call, signal: signal ? AbortSignal.any([signal, limit]) : limit });
  }
}

const lastSeen = ({ lastTimestamp, eventTime }: KubeEvent) => lastTimestamp ?? eventTime ?? '';

/** A change a line. */
async function* changesIn<T>(body: AsyncIterable<unknown>): AsyncIterable<Change<T>> {
  for await (const line of linesIn(body)) yield JSON.parse(line) as Change<T>;
}

/** Whole lines. A readline interface would not say that its input broke off. */
async function* linesIn(body: AsyncIterable<unknown>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of body) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      yield* lines.filter((line) => line !== '');
    }
  } catch (cause) {
    throw noAnswer(cause);
  }
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiFailure && error.status === 404) return undefined;
    throw error;
  }
}
