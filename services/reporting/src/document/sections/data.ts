import { acrossFolds } from '../../findings/limits.js';
import { html, type Content, type Markup } from '../../markup.js';
import { count, counted } from '../../numbers.js';
import type { DatasetView } from '../../view.js';
import { splitWords } from '../../words.js';
import { details, origin, tableBlock, type Report } from '../report.js';

/** What was read, how it was labelled and split, and what is odd about it. */
export function dataSection({ view }: Report): Markup {
  return html`<section id="data">
    <h2>The data</h2>
    ${tableBlock('Datasets as they were frozen before anything was trained.', ['Dataset', 'Use', '#Images', '#Classes', '#Patients', 'Size on disk, px', 'Resized to', 'Manifest'], view.datasets.map(overviewRow))}
    <div class="blocks">${view.datasets.filter(({ isTarget }) => isTarget).map(datasetBlock)}</div>
    ${sourceBlocks(view.datasets.filter(({ isTarget }) => !isTarget))}
  </section>`;
}

function overviewRow({ name, isTarget, manifest, manifestHash }: DatasetView): Content[] {
  const { images, classes, imageSize, audit } = manifest;
  return [
    ...[name, isTarget ? 'target' : 'source only', count(images.length), classes.length],
    audit.patients === null ? 'unknown' : count(audit.patients),
    sizes(manifest),
    `${imageSize} × ${imageSize}`,
    origin(`from-data-${name}`, html`<code title="${manifestHash}">${manifestHash.slice(0, 12)}</code>`),
  ];
}

function sizes({ images }: DatasetView['manifest']): string {
  const distinct = new Set(images.map(({ width, height }) => `${width} × ${height}`));
  if (distinct.size === 1) return [...distinct][0] ?? '';
  const [smallest, largest] = [Math.min, Math.max].map((end) => {
    const area = images.map(({ width, height }) => width * height).reduce((a, b) => end(a, b));
    const image = images.find(({ width, height }) => width * height === area);
    return image ? `${image.width} × ${image.height}` : '';
  });
  return `${smallest ?? ''} to ${largest ?? ''}`;
}

function sourceBlocks(datasets: readonly DatasetView[]): Markup | null {
  if (datasets.length === 0) return null;
  return details(
    'Datasets that only serve as sources',
    html`<div class="blocks">${datasets.map(datasetBlock)}</div>`,
  );
}

function datasetBlock(dataset: DatasetView): Markup {
  const { name, manifest } = dataset;
  return html`<div>
    <h3>${name}</h3>
    <p>Layout <code>${manifest.layout}</code>; ${splitWords(manifest)}.</p>
    ${foldTable(dataset)}${audit(manifest)}
  </div>`;
}

function foldTable({ manifest }: DatasetView): Markup {
  const { classes, folds, images } = manifest;
  const row = (head: string, here: typeof images): Content[] => [
    head,
    ...classes.map((label) => count(here.filter((image) => image.label === label).length)),
    count(here.length),
    ...(manifest.holdout === 'nested'
      ? [count(here.filter(({ role }) => role !== 'validation').length)]
      : []),
    ...(manifest.audit.patients === null
      ? []
      : [count(new Set(here.flatMap(({ patient }) => patient ?? [])).size)]),
  ];
  const columns = [
    'Held out',
    ...classes.map((label) => `#${label}`),
    '#all images',
    ...(manifest.holdout === 'nested' ? ['#of them judged'] : []),
    ...(manifest.audit.patients === null ? [] : ['#patients']),
  ];
  const rows = Array.from({ length: folds }, (_, i) =>
    row(
      `fold ${i + 1}`,
      images.filter(({ fold }) => fold === i + 1),
    ),
  );
  return tableBlock('Images of each class in each fold.', columns, [...rows, row('all', images)]);
}

function audit(manifest: DatasetView['manifest']): Markup {
  const { merged, excluded, duplicates, warnings } = manifest.audit;
  const items = [
    ...merged.map(
      ({ found, used, images }) => `“${found}” is used as “${used}” (${counted(images, 'image')}).`,
    ),
    ...(duplicates.length > 0
      ? [
          `${counted(duplicates.length, 'group')} of byte-identical files, ${acrossFolds(manifest)} of them in more than one fold.`,
        ]
      : []),
    ...warnings,
  ];
  if (items.length === 0 && excluded.length === 0)
    return html`<p>Audit: every file found was used; no labels merged, no duplicates, no warnings.</p>`;
  return html`${
    items.length > 0
      ? html`<ul>
          ${items.map((item) => html`<li>${item}</li>`)}
        </ul>`
      : null
  }${excludedList(excluded)}`;
}

/** More are in the manifest; a page of thousands helps nobody. */
const mostListed = 200;

function excludedList(excluded: DatasetView['manifest']['audit']['excluded']): Markup | null {
  if (excluded.length === 0) return null;
  const rows = excluded.slice(0, mostListed).map(({ path, reason }) => [path, reason]);
  const rest = excluded.length > mostListed ? ` The first ${mostListed}; the manifest lists all.` : '';
  return details(
    `${counted(excluded.length, 'file')} left out, each with its reason`,
    tableBlock(`Never used.${rest}`, ['File', 'Reason'], rows),
  );
}
