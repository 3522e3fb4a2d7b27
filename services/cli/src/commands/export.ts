import { Command, Option } from 'commander';
import { exitCodes, type Outcome } from '../exit-codes.js';
import { applyOptions, withData, type CommonOptions } from '../options.js';

const examples = `
Examples:
  palimpsest export checkpoints/6f….safetensors --to onnx --out model.onnx
  palimpsest export data/store/checkpoints/6f….safetensors --to safetensors --out model.safetensors

The ONNX model takes \`images\`, n × height × width × 3 as the checkpoint's preprocessing makes them (its metadata say
which), and gives \`probabilities\`, n × classes; of two classes one column, that of the second.
`;

interface ExportOptions extends CommonOptions {
  to: 'onnx' | 'safetensors';
  out: string;
}

/** `palimpsest export`: a trained network for other programs. */
export function exportCommand(outcome: Outcome): Command {
  return withData(new Command('export'))
    .summary('a trained network for other programs')
    .description('Writes a network that a study has trained as a file that other programs read.')
    .argument('<checkpoint>', 'safetensors file, or its key in the store')
    .addOption(
      new Option('--to <format>', 'what to write').choices(['onnx', 'safetensors']).makeOptionMandatory(),
    )
    .requiredOption('--out <file>', 'where to write it; a file that is there is replaced')
    .addHelpText('after', examples)
    .action(async (checkpoint: string, options: ExportOptions) => {
      applyOptions(options);
      const { exportCheckpoint } = await import('../checkpoint/export-checkpoint.js');
      await exportCheckpoint(checkpoint, options);
      outcome(exitCodes.ok);
    });
}
