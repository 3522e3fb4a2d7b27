import { spawn } from 'node:child_process';
import path from 'node:path';

let pipe;

/**
 * Sees to it that a process (by its id) or a temporary folder (by its path) does not outlive this process, even when
 * this process is ended by SIGKILL.
 */
export function guard(item) {
  pipe ??= startWatchdog();
  pipe.write(`${JSON.stringify({ watch: item })}\n`);
}

/** It has ended or is removed: its id or path may belong to someone else from now on. */
export function unguard(item) {
  pipe?.write(`${JSON.stringify({ forget: item })}\n`);
}

function startWatchdog() {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'watchdog.mjs')], {
    detached: true, // in a process group of its own, so that neither a Ctrl-C nor a kill of the group reaches it
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
  });
  child.unref();
  child.stdin.unref();
  child.stdin.on('error', () => (pipe = undefined));
  return child.stdin;
}
