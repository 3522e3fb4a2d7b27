import { Command } from 'commander';
import type { Outcome } from '../exit-codes.js';
import { applyOptions, withData, withJson, type CommonOptions } from '../options.js';

const examples = `
Examples:
  palimpsest doctor
  STORE_URL=s3://palimpsest?endpoint=https://minio:9000 palimpsest doctor --json

Each line says ok, warn or FAIL. Exit code 0 when nothing failed, 75 when it may work later, else 2.
`;

/** `palimpsest doctor`: what works, and what to do about what does not. */
export function doctorCommand(outcome: Outcome): Command {
  return withJson(withData(new Command('doctor')))
    .summary('check bus, store, database and this machine')
    .description(
      'Checks what the settings lead to: reached, allowed, of which version; clocks, space, libraries.',
    )
    .addHelpText('after', examples)
    .action(async (options: CommonOptions) => {
      applyOptions(options);
      const { examine, findingsText, verdictOf } = await import('../doctor/doctor.js');
      const { print, printJson } = await import('../streams.js');
      const findings = await examine();
      if (options.json) printJson(findings);
      else print(findingsText(findings));
      outcome(verdictOf(findings));
    });
}
