/** What Nest injects by name in this service. */
export const DATABASE = Symbol('DATABASE');
export const STUDIES = Symbol('STUDIES');
export const STUDY_VIEWS = Symbol('STUDY_VIEWS');
export const QUEUE = Symbol('QUEUE');
export const CLOCK = Symbol('CLOCK');
export const WORKERS = Symbol('WORKERS');
export const DEAD_LETTERS = Symbol('DEAD_LETTERS');
export const OUTBOX = Symbol('OUTBOX');
