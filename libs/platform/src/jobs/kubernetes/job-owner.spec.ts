import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { ApiFailure } from './api-failure.js';
import { checkOwner, ownerNow, withOwner } from './job-owner.js';
import type { KubeOwner } from './objects.js';

const place = { namespace: 'studies', owner: 'release' };
const found: KubeOwner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'release', uid: '1' };
const never = new AbortController().signal;
const answering = (answer: KubeOwner | Error | undefined) => ({
  ownerOf: () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)),
});

describe('the owner of a Job', () => {
  it('is what has its name now', async () => {
    expect(await ownerNow(answering(found), place)).toBe(found);
    expect(await ownerNow(answering(found), { namespace: 'studies' })).toBeUndefined();
  });

  it('is waited for while it is not there', async () => {
    await expect(ownerNow(answering(undefined), place)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'waits, as no Job can be made: its owner ConfigMap release is not there',
    });
  });

  it('is named in the Job, which keeps all else', () => {
    const job = { metadata: { name: 'a' }, spec: { template: {} } };
    expect(withOwner(job, found)).toEqual({ ...job, metadata: { name: 'a', ownerReferences: [found] } });
    expect(withOwner(job, undefined)).toBe(job);
  });
});

describe('the look at the owner at the start', () => {
  const lines: string[] = [];
  const log = pino({}, { write: (line) => void lines.push(line) });
  const check = (answer: Parameters<typeof answering>[0], signal = never) =>
    checkOwner(answering(answer), place, { log, signal });

  it('is well with one that is there, and with none at all', async () => {
    await check(found);
    await checkOwner(answering(undefined), { namespace: 'studies' }, { log, signal: never });
    expect(lines).toEqual([]);
  });

  it('says what will not pass', async () => {
    const message = 'JOBS_URL: owner: expected a ConfigMap release in namespace studies, found none';
    await expect(check(undefined)).rejects.toMatchObject({ code: 'invalid', message });
    await expect(check(new ApiFailure(403, 'forbidden'))).rejects.toMatchObject({ code: 'denied' });
  });

  it('leaves it to each Job while the API server is away, and is given up with a start that is', async () => {
    await check(new ApiFailure(0, 'no answer'));
    expect(lines.join()).toContain('could not look up who owns jobs');
    const stopped = check(new ApiFailure(0, 'no answer'), AbortSignal.abort());
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  });
});
