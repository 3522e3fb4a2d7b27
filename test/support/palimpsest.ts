import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const program = path.resolve(import.meta.dirname, '../../services/cli/bin/palimpsest.js');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A started program: its end, and its process to interrupt. */
export interface Started {
  end: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
  pid: number;
}

/** Starts the built program as a user would. In a process group of its own, so that a kill reaches its children. */
export function start(args: string[], env: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, [program, ...args], {
    detached: true,
    env: { ...process.env, NODE_ENV: 'production', ...env },
  });
  const pid = child.pid as number;
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const end = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
  return { end, pid, kill: (signal) => process.kill(-pid, signal) };
}

/** Runs the program to its end. */
export function palimpsest(...args: string[]): Promise<Ended> {
  return start(args).end;
}

/** Hash of every file below a folder, by relative path. */
export function hashesOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const hashes = files.map((file) => {
    const full = path.join(file.parentPath, file.name);
    return [
      path.relative(folder, full),
      createHash('sha256').update(readFileSync(full)).digest('hex'),
    ] as const;
  });
  return Object.fromEntries(hashes.sort(([a], [b]) => (a < b ? -1 : 1)));
}
