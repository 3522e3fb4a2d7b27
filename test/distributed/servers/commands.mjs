import { spawn, spawnSync } from 'node:child_process';

/**
 * Runs a program to its end.
 *
 * @returns what it wrote to its standard output
 * @throws with the last lines that it wrote when it ends with anything but 0
 */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let all = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      all += chunk;
    });
    child.stderr.on('data', (chunk) => (all += chunk));
    child.on('error', (error) => reject(new Error(`${program} does not start: ${error.message}`)));
    child.on('close', (code) =>
      code === 0 ? resolve(stdout) : reject(new Error(`${program} ended with ${code}:\n${lastLines(all)}`)),
    );
  });
}

/** Whether the machine has a program, asked by running it with an argument that does nothing. */
export function has(program, argument = '--version') {
  return spawnSync(program, [argument], { stdio: 'ignore' }).status === 0;
}

/** The end of a log, for an error message. */
export function lastLines(text, count = 20) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
