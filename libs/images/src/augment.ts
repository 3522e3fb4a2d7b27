import type { Random } from '@palimpsest/numerics';

/** Ranges that an augmentation is drawn from; zero switches a part off. */
export interface AugmentationSettings {
  /** Rotation by −this to +this, in degrees. */
  rotationDegrees: number;
  /** Shift by −this to +this, as a share of the height and of the width. */
  shiftFraction: number;
  /** Shear by −this to +this, in degrees. */
  shearDegrees: number;
  /** Zoom by 1 − this to 1 + this, along each axis by itself. */
  zoomFraction: number;
  /** Mirror left and right, one time in two. */
  horizontalFlip: boolean;
}

/** One augmentation: where the transformed image takes its pixels from. */
export interface Augmentation {
  rotationDegrees: number;
  /** Share of the height; positive moves the picture up. */
  rowShift: number;
  /** Share of the width; positive moves the picture to the left. */
  columnShift: number;
  shearDegrees: number;
  /** Rows of the input a row of the output covers: above 1 shrinks the picture. */
  rowZoom: number;
  columnZoom: number;
  flip: boolean;
}

/** An RGB image in any number type: height × width × 3, row-major. */
export interface PixelGrid {
  width: number;
  height: number;
  pixels: Uint8Array | Float32Array;
}

/** The affine map (r, c) → (rr·r + rc·c + r0, cr·r + cc·c + c0) from a pixel of the output to one of the input. */
interface Affine {
  rr: number;
  rc: number;
  r0: number;
  cr: number;
  cc: number;
  c0: number;
}

/**
 * Draws an augmentation. The draws are always seven and in the order of Keras' `ImageDataGenerator`: rotation, row
 * shift, column shift, shear, row zoom, column zoom, flip.
 *
 * @param random one for each image of each epoch, as `new Random(seedFrom('augmentation', seed, epoch, image))`:
 *   then the result depends on neither the order of the images nor the number of workers
 */
export function drawAugmentation(
  random: Pick<Random, 'uniform'>,
  settings: AugmentationSettings,
): Augmentation {
  const within = (range: number) => (2 * random.uniform() - 1) * range;
  return {
    rotationDegrees: within(settings.rotationDegrees),
    rowShift: within(settings.shiftFraction),
    columnShift: within(settings.shiftFraction),
    shearDegrees: within(settings.shearDegrees),
    rowZoom: 1 + within(settings.zoomFraction),
    columnZoom: 1 + within(settings.zoomFraction),
    flip: random.uniform() < 0.5 && settings.horizontalFlip,
  };
}

/**
 * The augmented image: Rotation · Shift · Shear · Zoom about the image centre maps output to input, sampled
 * bilinearly, the nearest pixel beyond the border, then mirrored.
 *
 * Agrees with `apply_affine_transform(order=1, fill_mode='nearest')` of Keras 2.9 and later. Earlier versions, and
 * Keras-Preprocessing, turn about a point one pixel below and to the right of the centre.
 *
 * @throws RangeError when the pixels are not height × width × 3
 */
export function augment({ width, height, pixels }: PixelGrid, augmentation: Augmentation): Float32Array {
  if (pixels.length !== height * width * 3) {
    const expected = `${height} × ${width} × 3 values`;
    throw new RangeError(`augment: expected ${expected}, found ${pixels.length}`);
  }
  const map = toAffine(augmentation, height, width);
  const out = new Float32Array(pixels.length);
  for (let row = 0, at = 0; row < height; row++) {
    for (let i = 0; i < width; i++, at += 3) {
      const column = augmentation.flip ? width - 1 - i : i;
      const y = clamp(map.rr * row + map.rc * column + map.r0, height - 1);
      const x = clamp(map.cr * row + map.cc * column + map.c0, width - 1);
      const top = Math.min(Math.floor(y), Math.max(height - 2, 0));
      const left = Math.min(Math.floor(x), Math.max(width - 2, 0));
      const down = height > 1 ? width * 3 : 0;
      const right = width > 1 ? 3 : 0;
      const corner = (top * width + left) * 3;
      for (let c = 0; c < 3; c++) {
        const a = pixels[corner + c] as number;
        const b = pixels[corner + right + c] as number;
        const d = pixels[corner + down + c] as number;
        const e = pixels[corner + down + right + c] as number;
        const upper = a + (b - a) * (x - left);
        const lower = d + (e - d) * (x - left);
        out[at + c] = upper + (lower - upper) * (y - top);
      }
    }
  }
  return out;
}

function toAffine(augmentation: Augmentation, height: number, width: number): Affine {
  const { rowZoom, columnZoom } = augmentation;
  const theta = (augmentation.rotationDegrees * Math.PI) / 180;
  const shear = (augmentation.shearDegrees * Math.PI) / 180;
  const cos = Math.cos(theta);
  const sin = Math.sin(theta);
  const down = augmentation.rowShift * height;
  const along = augmentation.columnShift * width;
  const rr = cos * rowZoom;
  const rc = (-cos * Math.sin(shear) - sin * Math.cos(shear)) * columnZoom;
  const cr = sin * rowZoom;
  const cc = (cos * Math.cos(shear) - sin * Math.sin(shear)) * columnZoom;
  const middleRow = (height - 1) / 2;
  const middleColumn = (width - 1) / 2;
  return {
    ...{ rr, rc, cr, cc },
    r0: cos * down - sin * along + middleRow - rr * middleRow - rc * middleColumn,
    c0: sin * down + cos * along + middleColumn - cr * middleRow - cc * middleColumn,
  };
}

function clamp(value: number, last: number): number {
  return value < 0 ? 0 : value > last ? last : value;
}
