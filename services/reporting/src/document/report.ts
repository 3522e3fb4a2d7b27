import type { Figure } from '../figures/figure.js';
import type { Analysis } from '../findings/findings.js';
import type { Findings } from '../findings/finding.js';
import { withVariables } from '../figures/palette.js';
import { html, trusted, type Content, type Markup } from '../markup.js';
import type { Table } from '../tables/table.js';
import type { View } from '../view.js';

/** What the page is made of. */
export interface Report {
  view: View;
  analysis: Analysis;
  findings: Findings;
  figures: Figure[];
  /** SVG of each figure, by name. */
  drawings: Map<string, string>;
  tables: Table[];
}

/** A figure with its caption, or nothing where it was not drawn. Figures are numbered in the order of the report. */
export function figureBlock({ figures, drawings }: Report, name: string, caption: Content): Markup | null {
  const index = figures.findIndex((figure) => figure.name === name);
  const svg = drawings.get(name);
  const figure = figures[index];
  if (!figure || svg === undefined) return null;
  const inline = withVariables(svg).replace(/ xmlns(:xlink)?="[^"]*"/g, '');
  return html`<figure id="figure-${name}">
    <div class="scroll" tabindex="0" role="group" aria-label="${figure.title}">${trusted(inline)}</div>
    <figcaption><b>Figure ${index + 1}.</b> ${caption}</figcaption>
  </figure>`;
}

/** Why a section shows nothing. */
export function absent(why: string): Markup {
  return html`<p class="absent">${why}</p>`;
}

/** A table whose first cell of a row is its head. Columns that begin with "#" hold numbers. */
export function tableBlock(
  caption: Content,
  columns: readonly string[],
  rows: readonly (readonly Content[])[],
): Markup {
  const numeric = columns.map((column) => column.startsWith('#'));
  const side = (i: number) => (numeric[i] ? trusted(' class="n"') : null);
  const heads = columns.map((column, i) => html`<th scope="col" ${side(i)}>${column.replace(/^#/, '')}</th>`);
  const body = rows.map(
    ([head, ...cells]) =>
      html`<tr>
        <th scope="row">${head ?? null}</th>
        ${cells.map((cell, i) => html`<td${side(i + 1)}>${cell}</td>`)}
      </tr> `,
  );
  return tableFigure(
    caption,
    html`<table>
      <thead>
        <tr>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>`,
  );
}

/** A table under its caption, which may be wider than the table; wide tables scroll by themselves. */
export function tableFigure(caption: Content, table: Markup): Markup {
  return html`<figure class="t">
    <figcaption>${caption}</figcaption>
    <div class="scroll" tabindex="0">${table}</div>
  </figure>`;
}

/** Something to open. */
export function details(summary: string, content: Content): Markup {
  return html`<details>
    <summary>${summary}</summary>
    ${content}
  </details>`;
}

/** A link to where a number comes from. */
export function origin(anchor: string, content: Content): Markup {
  return html`<a href="#${anchor}">${content}</a>`;
}
