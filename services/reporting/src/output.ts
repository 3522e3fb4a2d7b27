import { analyse, findingsOf } from './findings/findings.js';
import { askedFor, type Findings } from './findings/finding.js';
import { page } from './document/page.js';
import { figuresOf } from './figures/figures.js';
import { complete, draw } from './figures/render.js';
import type { Figure } from './figures/figure.js';
import { tablesOf } from './tables/tables.js';
import { aucLatex } from './tables/auc-latex.js';
import { toCsv } from './tables/table.js';
import type { View } from './view.js';
import { withoutPlaces } from './words.js';

/** Every file of the report by its path: `report.html`, `figures/`, `tables/`. The same view gives the same bytes. */
export async function write(view: View): Promise<Map<string, Uint8Array>> {
  const analysis = analyse(view);
  const findings = findingsOf(view, analysis);
  const figures = figuresOf(view, analysis);
  const drawings = new Map<string, string>();
  for (const figure of figures) drawings.set(figure.name, await draw(figure));
  const tables = tablesOf(view, analysis);
  const texts: [path: string, text: string][] = [
    ['report.html', page({ view, analysis, findings, figures, drawings, tables })],
    ...figures.flatMap((figure) => filesOf(figure, drawings.get(figure.name) ?? '')),
    ...tables.map((table): [string, string] => [`tables/${table.name}.csv`, toCsv(table)]),
    ['tables/auc.tex', aucLatex(view, analysis.auc)],
    ['findings.md', findingsText(view, findings)],
    ['study.json', `${JSON.stringify(withoutPlaces(view.study), null, 2)}\n`],
  ];
  return new Map(texts.map(([path, text]) => [path, new TextEncoder().encode(text)]));
}

function filesOf({ name, drawing }: Figure, svg: string): [string, string][] {
  const files: [string, string][] = [[`figures/${name}.svg`, svg]];
  return 'spec' in drawing
    ? [...files, [`figures/${name}.vl.json`, `${JSON.stringify(complete(drawing.spec), null, 1)}\n`]]
    : files;
}

function findingsText({ study }: View, findings: Findings): string {
  const lists: [string, Findings['auc']][] = [
    ['Which start wins', findings.auc],
    ...askedFor(findings),
    ['What was reused', findings.reuse],
    ['Do the networks err alike', findings.agreement],
    ['Gain and similarity', findings.gain],
    ['What cannot be concluded', findings.limits],
  ];
  const parts = lists.map(
    ([title, list]) => `## ${title}\n\n${list.map(({ about, text }) => `- ${about}: ${text}\n`).join('')}`,
  );
  const banner = study.synthetic
    ? 'The images were made by a program and show no patient. Nothing here says anything about medicine.\n\n'
    : '';
  return `# ${study.name}: what was found\n\n${banner}${findings.short.join(' ')}\n\n${parts.join('\n')}`;
}
