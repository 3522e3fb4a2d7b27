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
  /** Empty where the study trains on all images only. */
  sizes: Finding[];
  /** Empty where the study has no linear probe. */
  probes: Finding[];
  reuse: Finding[];
  agreement: Finding[];
  gain: Finding[];
  limits: Finding[];
}

/** Findings of what not every study asks for, each list with its title. */
export function askedFor({ sizes, probes }: Findings): [title: string, findings: Finding[]][] {
  const lists: [string, Finding[]][] = [
    ['With fewer training images', sizes],
    ['What training adds to a linear probe', probes],
  ];
  return lists.filter(([, findings]) => findings.length > 0);
}
