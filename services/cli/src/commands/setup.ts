import { Command } from 'commander';
import type { Outcome } from '../exit-codes.js';
import { applyOptions, withData, type CommonOptions } from '../options.js';

const examples = `
Examples:
  palimpsest setup tensorflow            then ENGINE=tensorflow palimpsest run my-study.yaml
  palimpsest setup tensorflow --gpu      for ENGINE=tensorflow-gpu: needs CUDA 12 and cuDNN 9 where it runs
  palimpsest setup tensorflow --library /opt/tensorflow

Needs npm, g++ and 1.1 GB (--gpu: 1.9 GB) while it works, of which 0.9 GB (1.4 GB) stay. Linux on x64.
`;

interface SetupOptions extends CommonOptions {
  gpu?: boolean;
  library?: string;
  index: string;
}

/** `palimpsest setup tensorflow`: makes the engine of that name work. */
export function setupCommand(outcome: Outcome): Command {
  const tensorflow = withData(new Command('tensorflow'))
    .summary('install TensorFlow for ENGINE=tensorflow')
    .description(
      "Installs tfjs-node on TensorFlow 2.21: takes the library out of a Python wheel, checks its hash, and compiles tfjs-node's binding against it. Nothing of Python is run.",
    )
    .option('--gpu', 'the library that computes on NVIDIA GPUs')
    .option(
      '--library <folder>',
      'an installed TensorFlow, with lib/ and include/, instead of downloading one',
    )
    .option(
      '--index <url>',
      'Python package index to download from',
      process.env.PIP_INDEX_URL ?? 'https://pypi.org/simple',
    )
    .addHelpText('after', examples)
    .action(async (options: SetupOptions) => {
      applyOptions(options);
      const { setUp } = await import('../setup/set-up.js');
      outcome(await setUp(options));
    });
  return new Command('setup')
    .summary('install what some settings need')
    .description('Installs what some settings need and npm does not bring.')
    .addHelpText('after', '\nExample:\n  palimpsest setup tensorflow\n')
    .addCommand(tensorflow.exitOverride());
}
