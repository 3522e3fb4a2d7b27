import { Command, InvalidArgumentError, Option } from 'commander';
import { architectures, preprocessings } from '@palimpsest/contracts';
import { exitCodes, type Outcome } from '../exit-codes.js';
import { applyOptions, withData, withJson, type CommonOptions } from '../options.js';
import type { ImportOptions } from '../weights/import.js';

const examples = `
Examples:
  palimpsest weights list
  palimpsest weights fetch imagenet-resnet50            and the lines to put into a study
  palimpsest weights inspect resnet50.pth               which network it fits, and what differs
  palimpsest weights import RadImageNet-ResNet50_notop.h5 --as radimagenet-resnet50-caffe
  palimpsest weights verify imagenet-resnet50

Files are told by their content: safetensors, Keras HDF5 and .keras, PyTorch state_dicts, TensorFlow.js model.json.
Nothing in them is run.
`;

const common = (name: string) => withJson(withData(new Command(name))).exitOverride();

/** `palimpsest weights`: pretrained weights, known ones and files. */
export function weightsCommand(outcome: Outcome): Command {
  return new Command('weights')
    .summary('pretrained weights: list, fetch, import, inspect, verify')
    .description('Looks after pretrained weights; those fetched and imported lie in DATA_DIR/weights.')
    .addHelpText('after', examples)
    .addCommand(listCommand(outcome))
    .addCommand(fetchCommand(outcome))
    .addCommand(importCommand(outcome))
    .addCommand(inspectCommand(outcome))
    .addCommand(verifyCommand(outcome));
}

function listCommand(outcome: Outcome): Command {
  return common('list')
    .summary('what is known by name, and what is here')
    .description(
      'Lists known weights; --json adds address, hash, citation and who says how pixels were normalised.',
    )
    .action(async (options: CommonOptions) => {
      applyOptions(options);
      await (await import('../weights/list.js')).listWeights(options);
      outcome(exitCodes.ok);
    });
}

function fetchCommand(outcome: Outcome): Command {
  return common('fetch')
    .summary('download known weights, going on where an earlier download ended')
    .description('Downloads known weights, compares their published hash and prints the lines for a study.')
    .argument('<name>', 'as `weights list` shows it')
    .option('--from <url>', 'another address of the same file, such as a mirror', httpAddress)
    .action(async (name: string, options: CommonOptions & { from?: string }) => {
      applyOptions(options);
      await (await import('../weights/fetch.js')).fetchWeights(name, options);
      outcome(exitCodes.ok);
    });
}

function importCommand(outcome: Outcome): Command {
  return common('import')
    .summary('copy a file of weights here under a name, once it is checked')
    .description(
      'Copies a file by its hash, once it is known to hold the network, and prints the lines for a study.',
    )
    .argument('<file>', 'of any known form')
    .option('--as <name>', 'a known name, or one of your own', studyName)
    .option('--architecture <name>', 'of a name of your own; default: the first that the file fits')
    .addOption(
      new Option('--preprocessing <how>', 'of a name of your own: how pixels were normalised').choices(
        preprocessings,
      ),
    )
    .addHelpText('after', `\nArchitectures of this release: ${architectures.join(', ')}\n`)
    .action(async (file: string, options: CommonOptions & ImportOptions) => {
      applyOptions(options);
      await (await import('../weights/import.js')).importFile(file, options);
      outcome(exitCodes.ok);
    });
}

function inspectCommand(outcome: Outcome): Command {
  return common('inspect')
    .summary('what a file of weights holds, and which networks it fits')
    .argument('<file>', 'of any known form')
    .option('--tensors', 'list every tensor with its shape')
    .action(async (file: string, options: CommonOptions & { tensors?: boolean }) => {
      applyOptions(options);
      await (await import('../weights/inspect.js')).inspectWeights(file, options);
      outcome(exitCodes.ok);
    });
}

function verifyCommand(outcome: Outcome): Command {
  return common('verify')
    .summary('read weights through and compare hash and tensors')
    .description(
      'Reads weights through: their hash, written down or published, and every tensor. Ends with 1 on a fault.',
    )
    .argument('<what>', 'a name that is here, or a file')
    .action(async (what: string, options: CommonOptions) => {
      applyOptions(options);
      outcome(await (await import('../weights/verify.js')).verifyWeights(what, options));
    });
}

function studyName(text: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,39}$/i.test(text)) return text;
  throw new InvalidArgumentError('expected letters, digits and hyphens, 40 at most');
}

function httpAddress(text: string): string {
  if (/^https?:\/\//.test(text)) return text;
  throw new InvalidArgumentError('expected an address that begins with http:// or https://');
}
