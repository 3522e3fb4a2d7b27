import { architectures, messageOf, type Architecture } from '@palimpsest/contracts';
import { weightFormats, type Tensor } from '@palimpsest/formats';
import { baseOf, negativeVariance, openWeights, type OpenedWeights } from '@palimpsest/ingestion';

/** Whether a file holds the base of an architecture, and what is to be known when it does. */
export interface Fit {
  architecture: Architecture;
  /** What is missing or misshapen; null when the base is complete. */
  fault: string | null;
  naming: string | null;
  differences: { text: string; matters: boolean }[];
}

/** What a file of weights holds. */
export interface Examination {
  file: string;
  format: string;
  bytes: number;
  tensors: { name: string; shape: number[] }[];
  parameters: number;
  /** Tensors with numbers that no network can compute with, of any layer. */
  faults: string[];
  fits: Fit[];
}

/**
 * Reads a file of weights and tries it on every architecture.
 *
 * @throws PlatformError when it cannot be read, naming the tensor where it is one that is at fault
 */
export async function examine(file: string): Promise<Examination> {
  const opened = await openWeights(file);
  const tensors = [...opened.tensors].map(([name, { shape }]) => ({ name, shape }));
  return {
    file,
    format: weightFormats[opened.format],
    bytes: opened.bytes.length,
    tensors,
    parameters: [...opened.tensors.values()].reduce((sum, { data }) => sum + data.length, 0),
    faults: [...opened.tensors].flatMap(([name, tensor]) => faultsOf(name, tensor)),
    fits: await Promise.all(architectures.map((architecture) => tryOn(file, opened, architecture))),
  };
}

/** The architectures whose base is complete in the file. */
export function fitting({ fits }: Examination): Fit[] {
  return fits.filter(({ fault }) => fault === null);
}

function faultsOf(name: string, { data }: Tensor): string[] {
  const odd = data.find((value) => !Number.isFinite(value));
  if (odd !== undefined) return [`tensor ${name}: expected finite numbers of float32, found ${odd}`];
  const fault = negativeVariance(name, data);
  return fault === undefined ? [] : [`tensor ${name}: ${fault}`];
}

async function tryOn(file: string, opened: OpenedWeights, architecture: Architecture): Promise<Fit> {
  try {
    const { naming, differences } = await baseOf(file, opened, architecture);
    return { architecture, fault: null, naming, differences: [...differences] };
  } catch (error) {
    const fault = messageOf(error).replace(`${file}: `, '');
    return { architecture, fault, naming: null, differences: [] };
  }
}
