import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '@palimpsest/contracts';
import { describe, expect, it } from 'vitest';
import { Health } from './health.js';

const away = () => Promise.reject(new PlatformError('unavailable', 'broker: connection refused'));

describe('readiness', () => {
  it('names all that it waits for', async () => {
    const health = new Health();
    health.waitFor('start');
    health.check('broker', away);
    health.check('store', () => Promise.resolve());
    expect(await health.readiness()).toEqual({ ready: false, waitingFor: ['start', 'broker'] });
  });

  it('comes when everything answers, and goes at shutdown though the checks still answer', async () => {
    const health = new Health();
    health.check('store', () => Promise.resolve());
    expect(await health.readiness()).toEqual({ ready: true, waitingFor: [] });
    health.waitFor('shutdown');
    expect(await health.readiness()).toEqual({ ready: false, waitingFor: ['shutdown'] });
  });

  it('does not wait long for an answer', async () => {
    const health = new Health({ limitMs: 20 });
    health.check('database', () => sleep(60_000, undefined, { ref: false }));
    expect(await health.readiness()).toEqual({ ready: false, waitingFor: ['database'] });
  });

  it('asks once for all who ask in a short while, then anew', async () => {
    const health = new Health({ cacheMs: 50 });
    let asked = 0;
    health.check('broker', () => {
      asked += 1;
      return asked === 1 ? away() : Promise.resolve();
    });
    const first = await Promise.all([health.readiness(), health.readiness()]);
    expect([asked, ...first.map(({ ready }) => ready)]).toEqual([1, false, false]);
    await sleep(60);
    expect(await health.readiness()).toEqual({ ready: true, waitingFor: [] });
  });

  it('says in the log when something goes away and when it is back, once each', async () => {
    const lines: string[] = [];
    const say = (fields: unknown) => void lines.push((fields as { what: string }).what);
    const health = new Health({ cacheMs: -1, log: { warn: say, info: say } });
    let there = false;
    health.check('broker', () => (there ? Promise.resolve() : away()));
    await health.readiness();
    await health.readiness();
    expect(lines).toEqual(['broker']);
    there = true;
    await health.readiness();
    await health.readiness();
    expect(lines).toEqual(['broker', 'broker']);
  });
});

describe('liveness', () => {
  it('lasts while others are away, and ends when something here is stuck', () => {
    const health = new Health();
    let stuck = false;
    health.check('broker', away);
    health.watch('handler', () => stuck);
    expect(health.liveness).toEqual({ alive: true });
    stuck = true;
    expect(health.liveness).toEqual({ alive: false, stuck: ['handler'] });
  });
});
