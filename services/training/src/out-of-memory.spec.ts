import { OutOfMemoryError } from '@palimpsest/contracts';
import { buildNetwork } from '@palimpsest/networks';
import { describe, expect, it } from 'vitest';
import { allowedHalvings, explain, imagesAtOnce, isOutOfMemory, mostHalvings } from './out-of-memory.js';

describe('memory that ran out', () => {
  it.each([
    'Non-zero status code returned while running Gather node. Status Message: std::bad_alloc',
    'BFCArena::AllocateRawInternal(size_t, bool) Failed to allocate memory for requested buffer of size 8388608',
    'Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[64,56,56,64] and type float',
    'Operation received an exception:Status: 1, message: could not create a primitive, in file mkl_conv_ops.cc:1112',
    'Array buffer allocation failed',
  ])('is told by what is said: %s', (message) => {
    expect(isOutOfMemory(new Error(message))).toBe(true);
    expect(isOutOfMemory(new RangeError('outer', { cause: new Error(message) }))).toBe(true);
  });

  it('is not told by other words', () => {
    expect(isOutOfMemory(new Error('Invalid TF_Status: 10'))).toBe(false);
    expect(isOutOfMemory('bad_alloc')).toBe(false);
  });

  const network = buildNetwork('resnet-mini', { imageSize: 32, classes: 2, dropout: 0 });
  const of = { network, batchSize: 12, halvings: 0 };
  const cause = new Error('std::bad_alloc');

  it('is explained: what was needed, what there was, what can be done', () => {
    const error = explain(cause, of);
    expect(error).toMatchObject({ code: 'invalid', cause });
    expect(error).not.toBeInstanceOf(OutOfMemoryError);
    expect(error.message).toMatch(
      /^memory ran out with 12 images at once, which need about 0\.0\d+ GB for .*, of \d+ GB in all \(std::bad_alloc\); training\.lowMemory .* training\.onOutOfMemory: accumulate/,
    );
  });

  it('is answered by another attempt with half the batch where the study allows it, down to a few images', () => {
    const error = explain(cause, { ...of, halvings: 1, onOutOfMemory: 'accumulate' });
    expect(error).toBeInstanceOf(OutOfMemoryError);
    expect(error.message).toContain('with 6 images at once');
    expect(error.message).toMatch(/the next attempt takes 3 at once$/);
    const last = explain(cause, { ...of, halvings: 3, onOutOfMemory: 'accumulate' });
    expect(last).not.toBeInstanceOf(OutOfMemoryError);
    expect(last.code).toBe('invalid');
  });

  it('halves a batch as long as every part has an image', () => {
    expect([1, 2, 12, 32].map(mostHalvings)).toEqual([0, 1, 3, 5]);
    const allowed = { strategy: 'finetune', batchSize: 32, onOutOfMemory: 'accumulate' } as const;
    expect(allowedHalvings(allowed)).toBe(5);
    expect(allowedHalvings({ strategy: 'finetune', batchSize: 32 })).toBe(0);
    expect(allowedHalvings({ ...allowed, strategy: 'probe' })).toBe(0);
    expect([0, 1, 2, 3].map((halvings) => imagesAtOnce({ batchSize: 12, halvings }))).toEqual([12, 6, 3, 2]);
  });
});
