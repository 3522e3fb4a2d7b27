import { describe, expect, it } from 'vitest';
import { parseS3Url, s3Credentials } from './location.js';

describe('parseS3Url', () => {
  it('reads bucket, prefix, server and options', () => {
    const url = 's3://my.bucket/a%20b/c/?endpoint=https://host:9000&region=eu&pathStyle=false';
    const location = parseS3Url(url, {});
    expect(location).toMatchObject({ bucket: 'my.bucket', prefix: 'a b/c/', region: 'eu', pathStyle: false });
    expect(location.endpoint?.origin).toBe('https://host:9000');
  });

  it('means AWS without an endpoint', () => {
    expect(parseS3Url('s3://bucket', { AWS_REGION: 'eu-north-1' })).toEqual({
      bucket: 'bucket',
      prefix: '',
      endpoint: undefined,
      region: 'eu-north-1',
      pathStyle: false,
    });
  });

  it.each([
    ['s3://', /expected s3:/],
    ['s3://Bucket_', /expected s3:.*found "Bucket_"/],
    ['s3://bucket?endpoint=host:9000', /endpoint such as https/],
    ['s3://bucket?endpoint=http://host/path', /endpoint such as https/],
    ['s3://bucket?pathStyle=yes', /pathStyle=true or false, found "yes"/],
    ['s3://bucket?secure=true', /expected the options endpoint.*found "secure"/],
    ['s3://bucket/a/../b//c', /store key/],
    ['s3://me:hush@bucket', /no credentials in the URL/],
    ['s3://bucket?endpoint=http://me:hush@host', /endpoint such as https/],
  ])('refuses %s in one line, and never repeats a secret', (url, message) => {
    expect(() => parseS3Url(url, {})).toThrow(message);
    expect(() => parseS3Url(url, {})).not.toThrow(/hush|\n/);
  });
});

describe('s3Credentials', () => {
  it("takes our settings before AWS' own", () => {
    const aws = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_SESSION_TOKEN: 'c' };
    expect(s3Credentials(aws)).toEqual({ accessKey: 'a', secretKey: 'b', sessionToken: 'c' });
    const ours = { ...aws, S3_ACCESS_KEY: 'x', S3_SECRET_KEY: 'y' };
    expect(s3Credentials(ours)).toEqual({ accessKey: 'x', secretKey: 'y' });
  });

  it('names what is missing', () => {
    expect(() => s3Credentials({ S3_ACCESS_KEY: 'x' })).toThrow('STORE_URL: S3_SECRET_KEY is not set');
    expect(() => s3Credentials({ S3_SECRET_KEY: 'hush' })).toThrow('STORE_URL: S3_ACCESS_KEY is not set');
    expect(() => s3Credentials({})).toThrow('are not set');
  });
});
