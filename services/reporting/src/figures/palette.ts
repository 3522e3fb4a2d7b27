import { isRandom, type View } from '../view.js';

/** A colour of the page: what it is in a file that stands alone, and the variable that replaces it in the page. */
interface Ink {
  light: string;
  dark: string;
  variable: string;
}

const ink = (variable: string, light: string, dark: string): Ink => ({ variable, light, dark });

/** Neutral inks of figures. No two are equal: the page finds them again by their value. */
export const neutral = {
  text: ink('--f-text', '#1c2126', '#e4e7ea'),
  soft: ink('--f-soft', '#5c6670', '#a3adb7'),
  axis: ink('--f-axis', '#8b949d', '#6f7982'),
  grid: ink('--f-grid', '#e6e9ec', '#2c333a'),
  paper: ink('--f-paper', '#fefefe', '#15191d'),
  chance: ink('--f-chance', '#767e86', '#8f989f'),
};

/** Okabe and Ito 2008, told apart with any kind of colour vision; lighter by night. Random starts are grey. */
const ofSources = [
  ink('--s1', '#0072b2', '#4aa8e0'),
  ink('--s2', '#d55e00', '#f0853a'),
  ink('--s3', '#009e73', '#2cc79b'),
  ink('--s4', '#cc79a7', '#de98bf'),
  ink('--s5', '#e69f00', '#efb435'),
  ink('--s6', '#56b4e9', '#7cc8f2'),
];
const ofRandom = [ink('--r1', '#6b7280', '#9aa3af'), ink('--r2', '#a1a8b3', '#c3c9d1')];

/** Tol 2021, muted: pairs of networks, so that none looks like a source. */
const ofPairs = [
  ink('--p1', '#882255', '#d6699c'),
  ink('--p2', '#117733', '#4fb874'),
  ink('--p3', '#332288', '#9485e6'),
  ink('--p4', '#999933', '#c6c65c'),
  ink('--p5', '#44aa99', '#66ccbb'),
  ink('--p6', '#aa4499', '#cc77bb'),
];

export const inks: readonly Ink[] = [...Object.values(neutral), ...ofSources, ...ofRandom, ...ofPairs];

const cycled = (colours: readonly Ink[], i: number) => (colours[i % colours.length] as Ink).light;

/** The colour of a source, the same in every figure. */
export function sourceColour({ study, sources }: View, source: string): string {
  const random = isRandom(study, source);
  const alike = sources.filter((name) => isRandom(study, name) === random);
  return cycled(random ? ofRandom : ofSources, Math.max(0, alike.indexOf(source)));
}

/** The colour of the i-th pair of networks. */
export function pairColour(i: number): string {
  return cycled(ofPairs, i);
}

/** The same drawing in the colours of the page, by day and by night. */
export function withVariables(svg: string): string {
  return inks.reduce((text, { light, variable }) => text.replaceAll(`"${light}"`, `"var(${variable})"`), svg);
}
