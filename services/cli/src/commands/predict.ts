import { Command } from 'commander';
import type { Outcome } from '../exit-codes.js';
import { applyOptions, withData, withJson, type CommonOptions } from '../options.js';

const examples = `
Examples:
  palimpsest predict --checkpoint data/store/checkpoints/6f….safetensors image.png
  palimpsest predict --checkpoint checkpoints/6f….safetensors scans/ > predictions.csv
  palimpsest predict --checkpoint model.safetensors scans/ --json

Prints a line an image: its path, the class with the highest probability, the probability of each class. Ends with 2
when some file could not be read; the others are predicted all the same.
`;

interface PredictOptions extends CommonOptions {
  checkpoint: string;
}

/** `palimpsest predict`: what a trained network says of images. */
export function predictCommand(outcome: Outcome): Command {
  return withJson(withData(new Command('predict')))
    .summary('what a trained network says of images')
    .description(
      'Runs a network that a study has trained on images of your own, prepared as those that it was trained on.',
    )
    .argument('<path>', 'an image, or a folder of images')
    .requiredOption('--checkpoint <file>', 'safetensors file, or its key in the store')
    .addHelpText('after', examples)
    .action(async (place: string, options: PredictOptions) => {
      applyOptions(options);
      const { predict } = await import('../checkpoint/predict.js');
      outcome(await predict(place, options));
    });
}
