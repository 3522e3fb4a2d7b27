import { Random, roundHalfEven, seedFrom } from '@palimpsest/numerics';

/** What a layer puts out for one image. */
export interface LayerShape {
  layer: string;
  height: number;
  width: number;
  channels: number;
}

export interface SamplingSettings {
  seed: number;
  /** Images of the dataset. */
  images: number;
  /** Data points wanted a layer; every position of an image is one. */
  points: number;
  /** Channels wanted a layer. */
  channels: number;
  repeats: number;
}

/** What is taken from one layer, repeat by repeat. */
export interface LayerSample extends LayerShape {
  draws: { images: number[]; channels: number[] }[];
  /** Data points a repeat: images × height × width. */
  points: number;
}

/** Images that give about so many points: at least one, at most all. Rounded half to even, as NumPy does. */
export function imagesFor(points: number, { height, width }: LayerShape, images: number): number {
  return Math.min(Math.max(roundHalfEven(points / (height * width)), 1), images);
}

/**
 * Draws images and channels of a layer, anew in each repeat and without replacement within one.
 *
 * The draws depend on seed, layer and repeat alone, so every network of an architecture meets the same images and
 * gives the same channels. A layer with fewer channels than wanted gives all.
 */
export function sampleLayer(shape: LayerShape, settings: SamplingSettings): LayerSample {
  const { seed, images, points, channels, repeats } = settings;
  const drawn = imagesFor(points, shape, images);
  const random = (what: string, repeat: number) => new Random(seedFrom(what, seed, shape.layer, repeat));
  return {
    ...shape,
    points: drawn * shape.height * shape.width,
    draws: Array.from({ length: repeats }, (_, repeat) => ({
      images: random('images', repeat).sample(images, drawn),
      channels: random('channels', repeat).sample(shape.channels, Math.min(channels, shape.channels)),
    })),
  };
}
