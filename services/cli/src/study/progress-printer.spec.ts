import type { StudyView } from '@palimpsest/api';
import { describe, expect, it } from 'vitest';
import { ProgressPrinter } from './progress-printer.js';

const count = (done: number, failed = 0) => ({ waiting: 1, ready: 0, running: 1, done, failed });
const view = (done: number): StudyView => ({
  ...{ id: 'i', name: 'n', status: 'running', look: 0, createdAt: '', finishedAt: null, failures: [] },
  counts: { ingest: count(2), train: count(done, 1) },
  running: [{ key: 'train/knee/natural/finetune/1', done: 0.25, message: 'epoch 3 of 12' }],
  etaSeconds: 90,
});

/** A screen that keeps what was written to it, and a clock that stands still until told. */
function setting(isTTY: boolean) {
  const screen = { isTTY, columns: 60, text: '', write: (text: string) => (screen.text += text) };
  const clock = { ms: 0 };
  return { screen, clock, printer: new ProgressPrinter(screen, () => clock.ms) };
}

describe('progress on a terminal', () => {
  it('says what is done, what is being done and how long it may take', () => {
    const { screen, clock, printer } = setting(true);
    clock.ms = 61_000;
    printer.update(view(3));
    expect(screen.text).toBe(
      'ingest 2/4 · train 3/6 (1 failed)\n  train/knee/natural/finetune/1  epoch 3 of 12\n1 min 1 s so far, about 1 min 30 s left\n',
    );
  });

  it('replaces its lines, and leaves none', () => {
    const { screen, printer } = setting(true);
    printer.update(view(3));
    screen.text = '';
    printer.update(view(4));
    expect(screen.text).toMatch(/^\u001b\[3A\u001b\[0Jingest/);
    screen.text = '';
    printer.close();
    expect(screen.text).toBe('\u001b[3A\u001b[0J');
  });

  it('cuts lines that would wrap', () => {
    const { screen, printer } = setting(true);
    screen.columns = 30;
    printer.update(view(3));
    expect(Math.max(...screen.text.split('\n').map((line) => line.length))).toBeLessThan(30);
  });
});

describe('progress in a log', () => {
  it('is a line at most every ten seconds, and one at the end', () => {
    const { screen, clock, printer } = setting(false);
    for (const seconds of [0, 1, 9, 10, 15]) {
      clock.ms = seconds * 1000;
      printer.update(view(seconds));
    }
    printer.close();
    const lines = screen.text.trim().split('\n');
    expect(lines.map((line) => /train (\d+)/.exec(line)?.[1])).toEqual(['0', '10', '15']);
    expect(screen.text).not.toContain('\u001b');
  });

  it('does not say its last word twice', () => {
    const { screen, printer } = setting(false);
    printer.update(view(3));
    printer.close();
    expect(screen.text.trim().split('\n')).toHaveLength(1);
  });
});
