import { print, printJson } from '../streams.js';
import { bytes, table } from '../text.js';
import { examine, type Examination, type Fit } from './examine.js';

/** Says what a file of weights holds and which networks it fits. */
export async function inspectWeights(
  file: string,
  { json, tensors }: { json?: boolean; tensors?: boolean },
): Promise<void> {
  const found = await examine(file);
  if (json) printJson(found);
  else print(examinationText(found, tensors ?? false));
}

/** An examination for people. */
export function examinationText(found: Examination, withTensors: boolean): string {
  const { format, tensors, parameters } = found;
  const rows = tensors.map(({ name, shape }) => [name, `[${shape.join(', ')}]`]);
  return [
    `${format}, ${bytes(found.bytes)}, ${tensors.length} tensors, ${parameters.toLocaleString('en')} numbers`,
    ...found.fits.map(fitText),
    ...(withTensors ? ['', table(['tensor', 'shape'], rows)] : []),
  ].join('\n');
}

function fitText({ architecture, fault, naming, differences }: Fit): string {
  if (fault !== null) return `${architecture}: no: ${fault}`;
  const notes = differences.map(({ text, matters }) => `  ${matters ? 'differs' : 'note'}: ${text}`);
  const accept = differences.some(({ matters }) => matters)
    ? ['  A source needs `acceptDifferences: true` to start from them all the same.']
    : [];
  return [`${architecture}: yes, names of ${naming ?? 'its own'}`, ...notes, ...accept].join('\n');
}
