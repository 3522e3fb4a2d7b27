/** Node runs what `tsc -b` built, also in a thread of a process that runs the sources, as tests do. */
export const builtUrl = (url: string) => url.replace(/\/src\/((?:[^/]+\/)*[^/]+)\.[jt]s$/, '/dist/$1.js');
