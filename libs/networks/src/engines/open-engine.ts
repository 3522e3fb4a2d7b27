import path from 'node:path';
import type { EngineSettings } from '@palimpsest/contracts';
import type { Engine } from '../engine.js';
import { onnxEngine, onnxOn } from './onnx/onnx-engine.js';
import { tensorflowEngine } from './tensorflow/tensorflow-engine.js';

/** The engine that settings name. What it needs is loaded when it is first used, and may turn out to be missing then. */
export function openEngine({ name, onnxProvider, tensorflowHome, deterministic }: EngineSettings): Engine {
  if (name === 'onnx') return onnxProvider === 'cpu' ? onnxEngine : onnxOn(onnxProvider);
  const gpu = name === 'tensorflow-gpu';
  const folder = path.resolve(tensorflowHome, gpu ? 'gpu' : 'cpu');
  return tensorflowEngine({ gpu, folder, deterministic });
}
