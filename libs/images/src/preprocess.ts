/**
 * How pixels become the input of a network; it belongs to the source of its weights.
 *
 * - `caffe`: blue, green, red, less the ImageNet means 103.939, 116.779, 123.680
 * - `caffe/255`: the same, divided by 255
 * - `minus-one-to-one`: x / 127.5 − 1
 * - `torch`: (x / 255 − mean) / deviation of ImageNet, per channel
 * - `none`: as they are
 */
export type Preprocessing = 'caffe' | 'caffe/255' | 'minus-one-to-one' | 'torch' | 'none';

interface Rule {
  /** Source channel of each of the three outputs. */
  order: readonly [number, number, number];
  apply: (value: number, output: number) => number;
}

const rgb = [0, 1, 2] as const;
const bgr = [2, 1, 0] as const;
const caffeMeans = Float32Array.of(103.939, 116.779, 123.68);
const torchMeans = Float32Array.of(0.485, 0.456, 0.406);
const torchDeviations = Float32Array.of(0.229, 0.224, 0.225);
const float32 = Math.fround;

/** Rounded to float32 after each step, so that the results equal NumPy's bit for bit. */
const rules: Record<Preprocessing, Rule> = {
  caffe: { order: bgr, apply: caffe },
  'caffe/255': { order: bgr, apply: (value, c) => float32(caffe(value, c) / 255) },
  'minus-one-to-one': { order: rgb, apply: (value) => float32(value / 127.5) - 1 },
  torch: {
    order: rgb,
    apply: (value, c) =>
      float32(float32(value / 255) - (torchMeans[c] as number)) / (torchDeviations[c] as number),
  },
  none: { order: rgb, apply: (value) => value },
};

/**
 * Normalises RGB pixels as `keras.applications.imagenet_utils.preprocess_input` does.
 *
 * @param pixels n × height × width × 3, values 0 to 255
 * @returns the same shape; channels are blue, green, red in the caffe modes
 * @throws RangeError when the length is no multiple of 3
 */
export function preprocess(pixels: Uint8Array | Float32Array, mode: Preprocessing): Float32Array {
  if (pixels.length % 3 !== 0) {
    throw new RangeError(`preprocess: expected 3 values a pixel, found ${pixels.length} values`);
  }
  const { order, apply } = rules[mode];
  const out = new Float32Array(pixels.length);
  for (let i = 0; i < out.length; i += 3) {
    for (let c = 0; c < 3; c++) out[i + c] = apply(pixels[i + (order[c] as number)] as number, c);
  }
  return out;
}

function caffe(value: number, output: number): number {
  return float32(value - (caffeMeans[output] as number));
}
