import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Which process something on disk belongs to, so that what a killed one left behind can be told. */
export interface ProcessOwner {
  host: string;
  pid: number;
  /** Tells a process from a later one with the same number; empty where the system does not say. */
  started: string;
}

export const thisProcess = (): ProcessOwner => ({
  host: hostname(),
  pid: process.pid,
  started: startOf(process.pid),
});

/** Whether that process is known to run no more. One on another machine might. */
export function isGone(owner: ProcessOwner): boolean {
  if (owner.host !== hostname()) return false;
  return !isRunning(owner.pid) || owner.started !== startOf(owner.pid);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Clock ticks since boot when the process began: the 22nd field of its `stat`, on Linux. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
