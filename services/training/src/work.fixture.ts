import { existsSync, readFileSync } from 'node:fs';
import { workAndExit } from '@palimpsest/platform/work';
import { definitions } from './tasks.js';

// A job's program, `work train <task-id>`, for specs. Its last words are the most addresses that it held.
process.once('exit', () => {
  const status = '/proc/self/status';
  const [, peak] = (existsSync(status) && /VmPeak:\s+(\d+)/.exec(readFileSync(status, 'utf8'))) || [];
  process.stderr.write(`${JSON.stringify({ level: 30, msg: 'peak', peakKibibytes: Number(peak) })}\n`);
});
await workAndExit(definitions, process.argv.slice(3));
