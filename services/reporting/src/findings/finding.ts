/** One thing that was found, in plain words. */
export interface Finding {
  /** What it is about, a few words: a target, two sources. */
  about: string;
  text: string;
}

/** What the report says first: each list answers one question. */
export interface Findings {
  /** The study in a few sentences. */
  short: string[];
  auc: Finding[];
  reuse: Finding[];
  agreement: Finding[];
  gain: Finding[];
  limits: Finding[];
}
