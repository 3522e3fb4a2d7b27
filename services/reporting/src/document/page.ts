import { readFileSync } from 'node:fs';
import { html, trusted, type Markup } from '../markup.js';
import { counted } from '../numbers.js';
import type { View } from '../view.js';
import type { Report } from './report.js';
import { agreementSection } from './sections/agreement.js';
import { aucSection } from './sections/auc.js';
import { curvesSection } from './sections/curves.js';
import { dataSection } from './sections/data.js';
import { filtersSection } from './sections/filters.js';
import { foundSection } from './sections/found.js';
import { gainSection } from './sections/gain.js';
import { provenanceSection } from './sections/provenance.js';
import { similaritySection } from './sections/similarity.js';
import { style } from './style.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const contents: [id: string, title: string][] = [
  ['found', 'What was found'],
  ['data', 'The data'],
  ['curves', 'Learning curves'],
  ['auc', 'AUC'],
  ['similarity', 'Similarity by layer'],
  ['filters', 'Filters'],
  ['agreement', 'Prediction similarity'],
  ['gain', 'Gain against similarity'],
  ['provenance', 'Provenance'],
];

/** The whole report as one HTML file that needs nothing else: no network, no script, no font. */
export function page(report: Report): string {
  const { view } = report;
  const sections = [
    foundSection(report),
    dataSection(report),
    curvesSection(report),
    aucSection(report),
    similaritySection(report),
    filtersSection(report),
    agreementSection(report),
    gainSection(report),
    provenanceSection(report, version),
  ];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="Palimpsest ${version}" />
        <title>${view.study.name} – Palimpsest</title>
        <style>
          ${trusted(style)}
        </style>
      </head>
      <body>
        ${head(report)}
        <main>${sections}</main>
        <footer>Palimpsest ${version}. Equal results give this file byte for byte.</footer>
      </body>
    </html> `.text;
}

function head({ view, findings }: Report): Markup {
  return html`<header>
    ${banner(view)}
    <p class="kicker">Which start was the right one, and what is left of it</p>
    <h1>${view.study.name}</h1>
    <p class="kicker">
      ${counted(view.targets.length, 'target')}: ${view.targets.join(', ')}.
      ${counted(view.sources.length, 'source')}: ${view.sources.join(', ')}. Network:
      ${view.study.network.architecture}. Protocol: ${view.study.protocol}.
    </p>
    ${findings.short.map((sentence) => html`<p class="short">${sentence}</p>`)}
    <nav aria-label="Contents">
      <ul>
        ${contents.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
      </ul>
    </nav>
  </header>`;
}

function banner({ study }: View): Markup | null {
  if (!study.synthetic) return null;
  return html`<p class="banner" role="note">
    The images of this study were made by a program and show no patient. Nothing here says anything about
    medicine.
  </p>`;
}
