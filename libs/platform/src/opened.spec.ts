import { expect, it } from 'vitest';
import { Opened } from './opened.js';

const noted = () => {
  const closed: string[] = [];
  return { closed, close: (name: string) => Promise.resolve(closed.push(name)) };
};

it('closes the last first, also what is still being opened, and not what could not be', async () => {
  const { closed, close } = noted();
  const opened = new Opened();
  await opened.keep(() => 'first', close);
  await expect(opened.keep(() => Promise.reject(new Error('broken')), close)).rejects.toThrow('broken');
  const late = opened.keep(() => new Promise<string>((resolve) => setImmediate(resolve, 'late')), close);
  await opened.close();
  expect(closed).toEqual(['late', 'first']);
  expect(await late).toBe('late');
});

it('closes the others when one cannot be closed, and says so', async () => {
  const { closed, close } = noted();
  const opened = new Opened();
  await opened.keep(() => 'first', close);
  await opened.keep(
    () => 'stuck',
    () => Promise.reject(new Error('stuck')),
  );
  await expect(opened.close()).rejects.toThrow('stuck');
  expect(closed).toEqual(['first']);
});

it('opens nothing after the end', async () => {
  const { closed, close } = noted();
  const opened = new Opened();
  await opened.close();
  await expect(
    opened.keep(
      () => closed.push('opened'),
      () => close('closed'),
    ),
  ).rejects.toThrow('closed');
  expect(closed).toEqual([]);
});
