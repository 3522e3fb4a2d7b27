import { eventually } from '@palimpsest/testing';
import { describe, expect, it } from 'vitest';
import { Hand } from './hand.js';

const fetched = (id: string) => ({ id, record: { topic: 't', key: 'k', value: Buffer.from(id) } });
const never = new AbortController().signal;

/** A handler that is done when told so. */
function slow() {
  const begun: string[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const handle = ({ value }: { value: Uint8Array }) => {
    begun.push(Buffer.from(value).toString());
    return new Promise<void>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve())));
  };
  return { begun, ends, handle };
}

describe('Hand', () => {
  it('does not give again what a handler finished after the group had moved on', async () => {
    const { begun, ends, handle } = slow();
    const hand = new Hand(handle, { graceMs: 1 });
    const moved = new AbortController();
    const taken = hand.take(fetched('a'), moved.signal);
    moved.abort();
    expect(await taken).toBe(false);
    ends[0]?.();
    expect(await hand.take(fetched('a'), never)).toBe(true);
    expect(begun).toEqual(['a']);
  });

  it('waits for what is in hand when the same record comes again meanwhile', async () => {
    const { begun, ends, handle } = slow();
    const hand = new Hand(handle, { graceMs: 1 });
    const moved = new AbortController();
    const taken = hand.take(fetched('a'), moved.signal);
    moved.abort();
    await taken;
    const again = hand.take(fetched('a'), never);
    ends[0]?.();
    expect(await again).toBe(true);
    expect(begun).toEqual(['a']);
  });

  it('gives nothing else while something is in hand, though its group has moved on', async () => {
    const { begun, ends, handle } = slow();
    const hand = new Hand(handle, { graceMs: 1 });
    const moved = new AbortController();
    const taken = hand.take(fetched('a'), moved.signal);
    moved.abort();
    await taken;
    const next = hand.take(fetched('b'), never);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(begun).toEqual(['a']);
    ends[0]?.();
    await eventually('the next begun', () => begun.length === 2);
    ends[1]?.();
    expect(await next).toBe(true);
  });

  it('waits a little for what is in hand when the group moves on', async () => {
    const { ends, handle } = slow();
    const hand = new Hand(handle, { graceMs: 5000 });
    const moved = new AbortController();
    const taken = hand.take(fetched('a'), moved.signal);
    moved.abort();
    ends[0]?.();
    expect(await taken).toBe(true);
  });

  it('leaves a record that it holds while paused to others when the group moves on', async () => {
    const { begun, handle } = slow();
    const hand = new Hand(handle);
    hand.pause();
    const moved = new AbortController();
    const taken = hand.take(fetched('a'), moved.signal);
    moved.abort();
    expect(await taken).toBe(false);
    expect(begun).toEqual([]);
  });

  it('gives again what failed, unless it was closed', async () => {
    const { begun, ends, handle } = slow();
    const hand = new Hand(handle, { redeliveryMs: 1 });
    const taken = hand.take(fetched('a'), never);
    ends[0]?.(new Error('not now'));
    await eventually('given again', () => begun.length === 2);
    const closed = hand.close();
    ends[1]?.(new Error('not now'));
    await closed;
    expect(await taken).toBe(false);
    expect(begun).toEqual(['a', 'a']);
  });
});
