import { PlatformError } from '@palimpsest/contracts';

const named = 20;

/** What is wrong with the images of a dataset, gathered so that one error names all of it. */
export class Problems {
  readonly #messages: string[] = [];

  get any(): boolean {
    return this.#messages.length > 0;
  }

  /** The result, or undefined when the image is at fault. Failures that may pass, and bugs, are thrown. */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const ofTheImage =
        error instanceof PlatformError ? error.code !== 'unavailable' : error instanceof RangeError;
      if (!ofTheImage) throw error;
      this.#messages.push((error as Error).message);
      return undefined;
    }
  }

  /** @throws PlatformError `invalid` that names the first images, in alphabetical order, and counts them all */
  throwIfAny(dataset: string, images: number): void {
    if (!this.any) return;
    const count = this.#messages.length;
    const lines = this.#messages.sort().slice(0, named);
    if (count > named) lines.push(`and ${count - named} more`);
    const heading = `${dataset}: expected images that can be read, found ${count} of ${images} that cannot:`;
    throw new PlatformError('invalid', [heading, ...lines].join('\n  '));
  }
}
