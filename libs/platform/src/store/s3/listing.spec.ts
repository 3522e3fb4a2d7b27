import { describe, expect, it } from 'vitest';
import { CutShort } from './failure.js';
import { parseListing } from './listing.js';

const page = (keys: string[], more = '') =>
  `<?xml version="1.0"?><ListBucketResult>${more}` +
  `${keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join('')}</ListBucketResult>\n`;

describe('parseListing', () => {
  it('keeps keys as they are', () => {
    const { keys, next } = parseListing(page(['007', '1e3', 'a+b', '100%', 'a&amp;b&#60;&#x1f600;']));
    expect(keys).toEqual(['007', '1e3', 'a+b', '100%', 'a&b<😀']);
    expect(next).toBeUndefined();
  });

  it('decodes them where the server says that it encoded them', () => {
    const { keys } = parseListing(page(['a%2Bb+c', '100%25'], '<EncodingType>url</EncodingType>'));
    expect(keys).toEqual(['a+b c', '100%']);
  });

  it('leads to the next page', () => {
    const more = '<IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;1</NextContinuationToken>';
    expect(parseListing(page(['a'], more)).next).toBe('t&1');
  });

  it('does not take a part for the whole', () => {
    expect(() => parseListing(page(['a', 'b']).slice(0, 90))).toThrow(CutShort);
    expect(() => parseListing('')).toThrow(CutShort);
    expect(() => parseListing(page(['a'], '<IsTruncated>true</IsTruncated>'))).toThrow(CutShort);
  });
});
