import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines } from './commands.mjs';
import { guard, unguard } from './guard.mjs';

/** The folder of a server: the one that was asked for, or a new temporary one, which does not outlive this process. */
export async function dataFolder(name, options) {
  if (options.data) {
    await mkdir(options.data, { recursive: true });
    return path.resolve(options.data);
  }
  const folder = await mkdtemp(path.join(tmpdir(), `palimpsest-${name}-`));
  guard(folder);
  return folder;
}

/** Starts a server; `description` is what the fields of `RunningServer` say. */
export async function serve(description) {
  const server = new RunningServer(description);
  await server.start();
  if (description.options.detached) unguard(server.pid);
  return server;
}

/**
 * A server as a child process, which can be killed and started again on the same port and data. One that ends by itself
 * is started again, with a word on why, so that what is tested goes on as it does where somebody looks after servers.
 */
class RunningServer {
  #description;
  #child;
  #ended = Promise.resolve();
  #wanted = false;
  #revived = Promise.resolve();

  /**
   * @param description `name`, `version`, `port`, `url`, `env` as in `Server`;
   *   `data` folder, also of the log; `command()` -> { program, args, env, uid, gid };
   *   `ready()` resolves when the server does its work and throws until then;
   *   `stopSignal` ends it in order, within `graceMs`; `mayRestart(log)`: an end at the start is no failure yet;
   *   `litter`: paths outside `data` that the server makes and leaves; `options` of the caller
   */
  constructor(description) {
    this.#description = description;
    const { name, version, port, url, env, listeners, litter = [], options } = description;
    Object.assign(this, { name, version, port, url, env }, listeners && { listeners });
    if (!options.detached) litter.forEach(guard);
  }

  get pid() {
    return this.#child.pid;
  }

  async start() {
    await this.#revived;
    if (this.#running) return;
    const { name, startMs = 60_000 } = this.#description;
    const deadline = Date.now() + startMs;
    await this.#launch();
    for (;;) {
      const problem = await this.#description.ready().then(
        () => undefined,
        (error) => error,
      );
      if (!this.#running) await this.#launchAgain(deadline);
      else if (!problem) {
        this.#wanted = true;
        return;
      }
      if (Date.now() > deadline) {
        await this.#end();
        throw new Error(
          `${name} is not ready after ${startMs / 1000} s: ${problem?.message}\n${this.#log()}`,
        );
      }
      await sleep(100);
    }
  }

  async kill() {
    await this.#revived;
    this.#wanted = false;
    await this.#end();
  }

  async stop() {
    const { stopSignal = 'SIGTERM', graceMs = 15_000 } = this.#description;
    await this.#revived;
    this.#wanted = false;
    this.#child.kill(stopSignal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    await this.#gone();
    clearTimeout(timer);
  }

  async remove() {
    await this.stop();
    const { data, litter = [] } = this.#description;
    for (const left of [data, ...litter]) {
      await rm(left, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
      unguard(left);
    }
  }

  async #end() {
    this.#child.kill('SIGKILL');
    await this.#gone();
  }

  /** Waits for the end; nobody else keeps this process from ending meanwhile. */
  async #gone() {
    this.#child.ref();
    await this.#ended;
  }

  get #running() {
    return this.#child?.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async #launch() {
    const { data, command } = this.#description;
    const { program, args, env, ...identity } = await command();
    const log = openSync(this.#logFile, 'w');
    const child = spawn(program, args, {
      ...identity,
      cwd: data,
      env: { ...process.env, ...env },
      detached: true, // a Ctrl-C is for the tests, which then stop their servers
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once('error', resolve).once('exit', (code, signal) => {
        resolve();
        if (this.#wanted) this.#revive(signal ?? `exit code ${code}`);
      });
    });
    child.unref();
    if (child.pid) this.#guard(child.pid);
  }

  #revive(how) {
    const { name } = this.#description;
    this.#wanted = false;
    console.error(`${name} ended by itself (${how}) and is started again; its last words:\n${this.#log()}`);
    this.#revived = this.start().catch((error) => console.error(error.message));
  }

  #guard(pid) {
    guard(pid);
    void this.#ended.then(() => unguard(pid));
  }

  async #launchAgain(deadline) {
    const { name, mayRestart = () => false } = this.#description;
    const log = this.#log();
    if (!mayRestart(log) || Date.now() > deadline) throw new Error(`${name} ended at its start:\n${log}`);
    await this.#launch();
  }

  get #logFile() {
    return path.join(this.#description.data, 'server.log');
  }

  #log() {
    return lastLines(readFileSync(this.#logFile, 'utf8'));
  }
}
