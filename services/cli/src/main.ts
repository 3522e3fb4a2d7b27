import { runProgram } from './program.js';

const lingerMs = 1000;

process.exitCode = await runProgram(process.argv);
// Services that could not start leave open what some of them had opened, such as a database.
if (process.exitCode !== 0) setTimeout(() => process.exit(), lingerMs).unref();
