import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Whether a process that was recorded once still runs.
 *
 * @param mark stands in its command line, such as the path of its data: by now the id may be another process's
 */
export function isRunning(pid, mark) {
  return isAlive(pid) && commandLine(pid).includes(mark);
}

/** Ends a process that is no child of this one, by SIGKILL when the signal has not ended it in time. */
export async function endProcess(pid, signal, graceMs = 15_000) {
  const deadline = Date.now() + graceMs;
  process.kill(pid, signal);
  while (isAlive(pid)) {
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
    await sleep(50);
  }
}

export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function commandLine(pid) {
  try {
    if (existsSync('/proc/self')) return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' });
  } catch {
    return ''; // it ended meanwhile
  }
}
