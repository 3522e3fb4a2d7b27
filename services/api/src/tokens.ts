/** What Nest injects by name in this service. */
export const DATABASE = Symbol('DATABASE');
export const STUDIES = Symbol('STUDIES');
export const STUDY_VIEWS = Symbol('STUDY_VIEWS');
export const QUEUE = Symbol('QUEUE');
