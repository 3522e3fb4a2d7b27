import { describe, expect, it } from 'vitest';
import { describeConfig, linearAlgebraSettings, loadConfig } from './config.js';

describe('loadConfig', () => {
  it('runs everything in one process with files under ./data', () => {
    expect(loadConfig({})).toMatchObject({
      BUS_URL: 'memory:',
      STORE_URL: 'file:./data/store',
      DATABASE_URL: 'pglite:./data/db',
      JOBS_URL: 'process:',
      HTTP_PORT: 7315,
    });
  });

  it('moves everything with DATA_DIR, but what has a URL of its own', () => {
    const config = loadConfig({ DATA_DIR: '/x', DATABASE_URL: 'pglite:memory' });
    expect(config).toMatchObject({ STORE_URL: 'file:/x/store', DATABASE_URL: 'pglite:memory' });
  });

  it('counts an empty variable as absent', () => {
    expect(loadConfig({ HTTP_PORT: '', BUS_URL: ' ' })).toMatchObject({
      HTTP_PORT: 7315,
      BUS_URL: 'memory:',
    });
  });

  it('computes similarities by the plain linear algebra unless told otherwise', () => {
    expect(linearAlgebraSettings(loadConfig({}))).toEqual({ name: 'plain' });
    const OPENBLAS_LIBRARY = '/opt/libopenblas.so';
    expect(linearAlgebraSettings(loadConfig({ LINEAR_ALGEBRA: 'openblas', OPENBLAS_LIBRARY }))).toEqual({
      name: 'openblas',
      library: OPENBLAS_LIBRARY,
    });
  });

  it.each([
    ['HTTP_PORT', 'http', /HTTP_PORT.*found "http"/],
    ['HTTP_PORT', '70000', /HTTP_PORT.*65535.*found "70000"/],
    ['CONCURRENCY', '0', /CONCURRENCY.*found "0"/],
    ['LOG_LEVEL', 'loud', /LOG_LEVEL.*"info".*found "loud"/],
    ['BUS_URL', 'amqp://x', /BUS_URL: expected.*memory: or kafka:.*unknown/],
    ['STORE_URL', 'ftp://x', /STORE_URL: expected.*file: or s3: or memory:.*unknown/],
    ['DATABASE_URL', 'mysql://a:secret@x', /DATABASE_URL: expected.*pglite: or postgres:.*unknown/],
    ['JOBS_URL', 'slurm:', /JOBS_URL: expected.*process: or inline: or kubernetes:.*unknown/],
    ['LINEAR_ALGEBRA', 'mkl', /LINEAR_ALGEBRA.*"plain"\|"openblas".*found "mkl"/],
    ['GPUS_PER_JOB', '17', /GPUS_PER_JOB.*16.*found "17"/],
    ['STORE_URL', 'memory:', /JOBS_URL must be "inline:"/],
  ])('refuses %s=%s', (name, value, message) => {
    expect(() => loadConfig({ [name]: value })).toThrow(message);
  });

  it.each([
    [{}, 0],
    [{ ENGINE: 'tensorflow' }, 0],
    [{ ENGINE: 'tensorflow-gpu' }, 1],
    [{ ONNX_PROVIDER: 'cuda' }, 1],
    [{ ONNX_PROVIDER: 'cuda', GPUS_PER_JOB: '0' }, 0],
  ])('asks for a GPU a job where networks run on one: %o', (env, gpus) => {
    expect(loadConfig(env).GPUS_PER_JOB).toBe(gpus);
  });

  it('does not repeat a password', () => {
    expect(() => loadConfig({ DATABASE_URL: 'mysql://a:secret@x' })).not.toThrow(/secret/);
  });
});

describe('describeConfig', () => {
  it('shows no password, and passes it on', () => {
    const env = { KAFKA_USERNAME: 'me', KAFKA_PASSWORD: 'secret' };
    const values = Object.fromEntries(describeConfig(env).map(({ name, value }) => [name, value]));
    expect([values.KAFKA_USERNAME, values.KAFKA_PASSWORD]).toEqual(['me', '***']);
    expect(loadConfig(env).KAFKA_PASSWORD).toBe('secret');
  });

  it('shows no secret', () => {
    const settings = describeConfig({ S3_SECRET_KEY: 'hush', STORE_URL: 's3://key:hu/sh@bucket' });
    expect(JSON.stringify(settings)).not.toMatch(/hush|hu\/sh/);
    expect(settings.find(({ name }) => name === 'S3_SECRET_KEY')?.value).toBe('***');
  });

  it('says of every setting what it means, the same on every machine', () => {
    for (const setting of describeConfig({})) expect(setting.comment).toMatch(/\.$/);
    const concurrency = describeConfig({}).find(({ name }) => name === 'CONCURRENCY');
    expect(concurrency).toMatchObject({ default: undefined });
    expect(Number(concurrency?.value)).toBeGreaterThan(0);
  });

  it('shows the value in force beside the default', () => {
    const settings = describeConfig({ HTTP_PORT: '80' });
    expect(settings.find(({ name }) => name === 'HTTP_PORT')).toMatchObject({ value: '80', default: '7315' });
  });
});
