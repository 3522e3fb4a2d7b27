// Runs a tiny study from images to the report with the Node it is started with. Usage: smoke.mjs FOLDER
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { writeTinyStudy } from '../test/support/tiny-study.mjs';

const folder = path.resolve(process.argv[2] ?? 'smoke');
mkdirSync(folder, { recursive: true });
const study = await writeTinyStudy(folder);
const out = path.join(folder, 'report');
execFileSync(
  process.execPath,
  ['services/cli/bin/palimpsest.js', 'run', study, '--data', path.join(folder, 'data'), '--out', out],
  { stdio: 'inherit' },
);
if (!existsSync(path.join(out, 'report.html'))) throw new Error(`no report.html in ${out}`);
console.log(`Node ${process.version}: the tiny study ends in a report`);
