import { expect, it, vi } from 'vitest';

const loads = vi.hoisted(() => ({ ofLibrary: 0 }));
vi.mock('onnxruntime-node', (original) => {
  loads.ofLibrary++;
  return original();
});

it('loads the library of the engine when it is used, not to describe a network', async () => {
  vi.stubEnv('PALIMPSEST_ONNX_RUNTIME', 'node');
  const { buildNetwork, onnxEngine } = await import('./index.js');
  buildNetwork('resnet50', { imageSize: 224, classes: 2, dropout: 0 });
  expect(loads.ofLibrary).toBe(0);
  await onnxEngine.describe();
  expect(loads.ofLibrary).toBe(1);
  vi.unstubAllEnvs();
});
