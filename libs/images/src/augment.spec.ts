import { Random, seedFrom } from '@palimpsest/numerics';
import { expect, it } from 'vitest';
import { augment, drawAugmentation, type Augmentation, type AugmentationSettings } from './augment.js';

const none: Augmentation = {
  rotationDegrees: 0,
  rowShift: 0,
  columnShift: 0,
  shearDegrees: 0,
  rowZoom: 1,
  columnZoom: 1,
  flip: false,
};
const paper: AugmentationSettings = {
  rotationDegrees: 10,
  shiftFraction: 0.1,
  shearDegrees: 0.1,
  zoomFraction: 0.1,
  horizontalFlip: true,
};

const image = (height: number, width: number) => ({
  height,
  width,
  pixels: Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 37) % 256),
});

/** Uniform numbers that are always the same ones. */
const cycle = (...values: number[]) => {
  let i = 0;
  return { uniform: () => values[i++ % values.length]! };
};

it('gives back the image when nothing is drawn', () => {
  const { pixels, ...size } = image(5, 4);
  expect(augment({ ...size, pixels }, none)).toEqual(Float32Array.from(pixels));
});

it('agrees with Keras 2.10 on SciPy 1.17 when everything is drawn', () => {
  const augmentation = {
    rotationDegrees: 8,
    rowShift: 0.07,
    columnShift: -0.06,
    shearDegrees: 0.1,
    rowZoom: 1.08,
    columnZoom: 0.93,
    flip: false,
  };
  const expected = [
    69.264, 106.264, 48.947, 78.829, 115.829, 133.437, 170.548, 69.913, 106.913, 146.261, 60.98, 97.98,
    158.222, 195.222, 88.328, 111.908, 83.608, 90.657, 125.674, 151.506, 188.506, 61.135, 98.135, 127.42,
    126.747, 148.186, 185.186, 228.947, 14.681, 51.681, 100.177, 112.148, 149.148, 177.348, 214.348, 40.672,
  ];
  const found = augment(image(3, 4), augmentation);
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 2));
});

it('mirrors left and right after the rest', () => {
  const turned = augment(image(3, 4), { ...none, rotationDegrees: 8 });
  const mirrored = augment(image(3, 4), { ...none, rotationDegrees: 8, flip: true });
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 4; column++) {
      const at = (row * 4 + column) * 3;
      const mirror = (row * 4 + 3 - column) * 3;
      expect(mirrored.slice(at, at + 3)).toEqual(turned.slice(mirror, mirror + 3));
    }
  }
});

it('shifts by a share of the side, and repeats the border', () => {
  const { pixels, ...size } = image(4, 5);
  const up = augment({ ...size, pixels }, { ...none, rowShift: 0.25 });
  const rows = Float32Array.from(pixels);
  expect(up).toEqual(Float32Array.from([...rows.subarray(15), ...rows.subarray(45)]));
  const left = augment({ ...size, pixels }, { ...none, columnShift: 0.2 });
  expect(left.slice(0, 12)).toEqual(rows.slice(3, 15));
  expect(left.slice(12, 15)).toEqual(rows.slice(12, 15));
});

it('turns and zooms about the centre', () => {
  const size = { height: 5, width: 5 };
  const pixels = new Uint8Array(75);
  pixels.fill(200, 36, 39);
  for (const change of [{ rotationDegrees: 10 }, { rowZoom: 1.1, columnZoom: 0.9 }, { shearDegrees: 5 }]) {
    expect([...augment({ ...size, pixels }, { ...none, ...change }).slice(36, 39)]).toEqual([200, 200, 200]);
  }
});

it.each([
  [1, 6],
  [6, 1],
  [1, 1],
])('stays within an image of %i × %i', (height, width) => {
  const out = augment(image(height, width), {
    ...none,
    rotationDegrees: 10,
    rowShift: 0.1,
    columnShift: -0.1,
  });
  expect(out.every((value) => value >= 0 && value <= 255)).toBe(true);
});

it('refuses pixels that are not height × width × 3', () => {
  const wrong = { height: 2, width: 2, pixels: new Uint8Array(4) };
  expect(() => augment(wrong, none)).toThrow('expected 2 × 2 × 3 values, found 4');
});

it('draws each part from the whole of its range', () => {
  const lowest = drawAugmentation(cycle(0), paper);
  const highest = drawAugmentation(cycle(1), paper);
  expect(lowest).toMatchObject({
    rotationDegrees: -10,
    rowShift: -0.1,
    columnShift: -0.1,
    shearDegrees: -0.1,
  });
  expect(lowest).toMatchObject({ rowZoom: 0.9, columnZoom: 0.9, flip: true });
  expect(highest).toMatchObject({ rotationDegrees: 10, rowShift: 0.1, columnShift: 0.1, shearDegrees: 0.1 });
  expect(highest).toMatchObject({ rowZoom: 1.1, columnZoom: 1.1, flip: false });
});

it('draws seven numbers, whether or not a part is switched off', () => {
  const counting = (settings: AugmentationSettings) => {
    let draws = 0;
    const augmentation = drawAugmentation({ uniform: () => ++draws / 10 }, settings);
    return { draws, augmentation };
  };
  expect(counting(paper).draws).toBe(7);
  const off = {
    rotationDegrees: 0,
    shiftFraction: 0,
    shearDegrees: 0,
    zoomFraction: 0,
    horizontalFlip: false,
  };
  const { draws, augmentation } = counting(off);
  expect(draws).toBe(7);
  expect(augment(image(3, 3), augmentation)).toEqual(augment(image(3, 3), none));
});

it('depends on seed, epoch and image alone, not on their order', () => {
  const draw = (image: number) => drawAugmentation(new Random(seedFrom('augmentation', 7, 2, image)), paper);
  const forwards = [0, 1, 2].map(draw);
  expect([2, 1, 0].map(draw).reverse()).toEqual(forwards);
  expect(new Set(forwards.map(({ rotationDegrees }) => rotationDegrees)).size).toBe(3);
});
