import { protocolPresets, type Model, type Preprocessing, type Study } from '@palimpsest/contracts';
import { quantile } from '@palimpsest/numerics';
import { escapeMarkup } from '../markup.js';
import type { FilterBank, View } from '../view.js';
import { strategyWords } from '../words.js';
import type { Figure } from './figure.js';
import { neutral } from './palette.js';
import { encodePng } from './png.js';
import { theme } from './theme.js';

/** So many filters are shown, as in the paper. */
const shownFilters = 36;
const side = 150;
const gap = 18;
const head = 58;

/** One image of the figure: the filters of one network. */
interface Picture {
  title: string;
  subtitle: string;
  bank: FilterBank;
}

/** The first convolution's filters of one source: its start, and what each target and strategy made of it. */
export function filtersFigure(view: View, source: string): Figure | undefined {
  const banks = view.filters.filter(({ model }) => model.source === source);
  const start = banks.find(({ model }) => model.strategy === null);
  const tuned = banks.filter(({ model }) => model.strategy !== null);
  const pictures = [
    ...(start ? [{ title: 'start', subtitle: 'before', bank: start }] : []),
    ...tuned.map((bank) => ({ title: bank.target, subtitle: subtitleOf(view.study, bank), bank })),
  ];
  if (pictures.length === 0) return undefined;
  const title = `Filters of the first convolution of ${source}, before and after fine-tuning`;
  return { name: `filters-${source}`, title, drawing: { svg: compose(pictures, view.study, title) } };
}

function subtitleOf(study: Study, { model }: { model: Model }): string {
  return study.strategies.length > 1 && model.strategy
    ? `after, ${strategyWords(study, model.strategy, model.source)}`
    : 'after';
}

function compose(pictures: readonly Picture[], study: Study, title: string): string {
  const columns = Math.min(pictures.length, 6);
  const width = columns * (side + gap) - gap + 8;
  const height = Math.ceil(pictures.length / columns) * (side + head) + 8;
  const scale = scaleOf(pictures.map(({ bank }) => bank));
  const body = pictures.map((picture, i) => {
    const [x, y] = [4 + (i % columns) * (side + gap), 4 + Math.floor(i / columns) * (side + head)];
    return place(picture, { x, y, scale, study });
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeMarkup(title)}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${theme.font}" font-size="12"><rect width="${width}" height="${height}" fill="${neutral.paper.light}"/>${body.join('')}</svg>`;
}

interface Placing {
  x: number;
  y: number;
  scale: number;
  study: Study;
}

function place({ title, subtitle, bank }: Picture, { x, y, scale, study }: Placing): string {
  const png = Buffer.from(pngOf(bank, scale, study)).toString('base64');
  const label = `<text x="${x}" y="${y + 14}" fill="${neutral.text.light}" font-weight="600">${escapeMarkup(title)}</text>`;
  const below = `<text x="${x}" y="${y + 29}" fill="${neutral.soft.light}" font-size="11">${escapeMarkup(subtitle)}</text>`;
  return `${label}${below}<image x="${x}" y="${y + 37}" width="${side}" height="${side}" preserveAspectRatio="xMinYMin" style="image-rendering:pixelated" href="data:image/png;base64,${png}"/>`;
}

/** The value that is drawn brightest: nearly the largest of all pictures together, so that they can be compared. */
function scaleOf(banks: readonly FilterBank[]): number {
  const sizes = Float64Array.from(
    banks.flatMap((bank) => Array.from(shown(bank), (i) => Math.abs(bank.values[i] as number))),
  ).sort();
  return quantile(sizes, 0.995) || 1;
}

/** Where the weights of the shown filters lie. */
function* shown({ shape: [, , , filters], values }: FilterBank): Generator<number> {
  for (let i = 0; i < values.length; i++) if (i % filters < shownFilters) yield i;
}

/** Filters in a square grid, a clear pixel apart. Grey is 0, brighter is above. */
function pngOf(bank: FilterBank, scale: number, study: Study): Uint8Array {
  const [height, width, , filters] = bank.shape;
  const drawn = Math.min(filters, shownFilters);
  const columns = Math.ceil(Math.sqrt(drawn));
  const rows = Math.ceil(drawn / columns);
  const [w, h] = [columns * (width + 1) - 1, rows * (height + 1) - 1];
  const rgba = new Uint8Array(w * h * 4);
  const channels = channelsOf(study, bank.model.source);
  for (let filter = 0; filter < drawn; filter++) {
    const corner = Math.floor(filter / columns) * (height + 1) * w + (filter % columns) * (width + 1);
    for (let at = 0; at < height * width; at++) {
      const pixel = corner + Math.floor(at / width) * w + (at % width);
      const values = channels.map((channel) => bank.values[(at * 3 + channel) * filters + filter] as number);
      rgba.set([...values.map((value) => level(value, scale)), 255], pixel * 4);
    }
  }
  return encodePng(w, h, rgba);
}

const level = (value: number, scale: number) =>
  Math.round(Math.max(0, Math.min(255, 127.5 + (127.5 * value) / scale)));

/** Which of the kernel's channels are drawn as red, green and blue. A network that is fed BGR has blue first. */
function channelsOf(study: Study, source: string): [number, number, number] {
  const from = study.sources[source];
  const preprocessing: Preprocessing =
    from && 'preprocessing' in from ? from.preprocessing : protocolPresets[study.protocol].preprocessing;
  const order: [number, number, number] = preprocessing.startsWith('caffe') ? [2, 1, 0] : [0, 1, 2];
  return study.analysis.filters === 'blue' ? [order[2], order[2], order[2]] : order;
}
