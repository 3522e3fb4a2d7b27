import { PlatformError, type Manifest, type TaskInput } from '@palimpsest/contracts';
import { Random, seedFrom } from '@palimpsest/numerics';

/**
 * So many training images of each class, drawn by seed. Of one seed, the images for a smaller number are among those for
 * a larger one.
 *
 * @param rows indices of the training images into the manifest
 * @returns indices, in the order of `rows`
 * @throws PlatformError `invalid` when a class has fewer images
 */
export function drawShots(
  { images, classes }: Pick<Manifest, 'images' | 'classes'>,
  rows: readonly number[],
  { perClass, seed }: NonNullable<TaskInput<'train'>['shots']>,
): number[] {
  const drawn = new Set(
    classes.flatMap((name, label) => {
      const ofClass = rows.filter((row) => images[row]?.class === label);
      if (ofClass.length < perClass) {
        const what = `training.shots: expected at least ${perClass} training images of class "${name}"`;
        throw new PlatformError('invalid', `${what}, found ${ofClass.length}`);
      }
      const places = new Random(seedFrom('shots', seed, label)).sample(ofClass.length, perClass);
      return places.map((place) => ofClass[place]);
    }),
  );
  return rows.filter((row) => drawn.has(row));
}
