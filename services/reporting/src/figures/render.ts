import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { escapeMarkup } from '../markup.js';
import type { Figure, Spec } from './figure.js';
import { theme } from './theme.js';

/** The width of a text is estimated and never measured, so that fonts installed here or there change nothing. */
const { textMetrics } = vega as unknown as {
  textMetrics: { width: (item: TextItem, text: string) => number };
};
textMetrics.width = (item, text) => widthOf(text, item.fontSize ?? 11);

interface TextItem {
  fontSize?: number;
}

const narrow = /[ijltfrI.,:;'|()! ]/;
const wide = /[A-HJ-Zmw±%−–—]/;

function widthOf(text: string, fontSize: number): number {
  const ems = Array.from(text).reduce(
    (sum, letter) => sum + (narrow.test(letter) ? 0.38 : wide.test(letter) ? 0.92 : 0.64),
    0,
  );
  return ems * fontSize;
}

/** The specification as it is given away: with the look of the report. */
export function complete(spec: Spec): Spec {
  return { $schema: 'https://vega.github.io/schema/vega-lite/v5.json', ...spec, config: theme };
}

/** Draws a figure as SVG, without a canvas or a document. */
export async function draw({ drawing, title, name }: Figure): Promise<string> {
  if ('svg' in drawing) return drawing.svg;
  const compiled = compile(complete(drawing.spec) as unknown as TopLevelSpec);
  const view = new vega.View(vega.parse(compiled.spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return named(svg, name, title);
}

/** With a title for screen readers, and ids that no other figure of the page has. Vega counts ids through a process. */
function named(svg: string, name: string, title: string): string {
  const ids = [...new Set([...svg.matchAll(/\bid="([^"]*)"/g)].map(([, id]) => id ?? ''))];
  const own = (id: string) => `${name}-${ids.indexOf(id)}`;
  return svg
    .replace(/(\bid="|url\(#)([^")]*)/g, (_, before: string, id: string) => `${before}${own(id)}`)
    .replace('<svg ', `<svg role="img" aria-label="${escapeMarkup(title)}" `);
}
