/** What can train and run networks. */
export const engines = ['onnx', 'tensorflow', 'tensorflow-gpu'] as const;
export type EngineName = (typeof engines)[number];

/** Which engine runs networks, and how. None of it is part of a task: whoever runs a task decides. */
export interface EngineSettings {
  name: EngineName;
  /** What the engine `onnx` computes on; `cuda` where its files are installed. */
  onnxProvider: 'cpu' | 'cuda';
  /** Folder that `palimpsest setup tensorflow` fills. */
  tensorflowHome: string;
  /** Whether TensorFlow must give the same bytes each time, for a loss of speed on GPUs. */
  deterministic: boolean;
}

/** The engine that needs nothing more. */
export const onnxOnProcessors: EngineSettings = {
  name: 'onnx',
  onnxProvider: 'cpu',
  tensorflowHome: '',
  deterministic: true,
};
