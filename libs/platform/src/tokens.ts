/** What `PlatformModule` provides, by the token to inject it with. */
export const CONFIG = Symbol('Config');
export const LOGGER = Symbol('Logger');
export const BUS = Symbol('Bus');
export const STORE = Symbol('Store');
export const JOBS = Symbol('Jobs');
export const HEALTH = Symbol('Health');
export const METRICS = Symbol('Metrics');
export const TRACING = Symbol('Tracing');
export const OPENED = Symbol('Opened');
/** Names of the services in this process. */
export const SERVICES = Symbol('Services');
/** The kinds of task that this process handles. */
export const TASK_REGISTRY = Symbol('TaskRegistry');
export const TASK_RUNNER = Symbol('TaskRunner');
