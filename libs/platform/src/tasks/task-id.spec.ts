import { aCompareInput } from '@palimpsest/testing';
import { describe, expect, it } from 'vitest';
import { taskId } from './task-id.js';

describe('taskId', () => {
  it('is 32 hex digits, the same for the same work', () => {
    const { a, b, ...rest } = aCompareInput();
    expect(taskId('compare', aCompareInput())).toMatch(/^[0-9a-f]{32}$/);
    expect(taskId('compare', { ...rest, b, a })).toBe(taskId('compare', aCompareInput()));
  });

  it('is another for another input', () => {
    expect(taskId('compare', aCompareInput({ seed: 2 }))).not.toBe(
      taskId('compare', aCompareInput({ seed: 3 })),
    );
  });
});
