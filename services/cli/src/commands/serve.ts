import { Argument, Command } from 'commander';
import { applyOptions, withData, type CommonOptions } from '../options.js';
import type { Outcome } from '../exit-codes.js';
import { serviceNames, services, type ServiceName } from '../services.js';

const list = serviceNames.map((name) => `  ${name.padEnd(12)} ${services[name].about}`).join('\n');
const help = `
Services:
${list}

Examples:
  palimpsest serve                       all of them, at http://127.0.0.1:7315
  HTTP_PORT=8000 palimpsest serve
  palimpsest serve training activations  these two; BUS_URL must then lead to the others

\`palimpsest config\` lists the settings.
`;

/** `palimpsest serve`: services until they are told to stop. */
export function serveCommand(outcome: Outcome): Command {
  return withData(new Command('serve'))
    .summary('run services until they are told to stop')
    .description('Runs services in this process, all of them where none is named.')
    .addArgument(new Argument('[service...]', 'which').choices(serviceNames))
    .addHelpText('after', help)
    .action(async (names: ServiceName[], options: CommonOptions) => {
      applyOptions(options, { logLevel: 'info' });
      const { serve } = await import('../local/serve.js');
      outcome(await serve(names.length > 0 ? names : serviceNames));
    });
}
