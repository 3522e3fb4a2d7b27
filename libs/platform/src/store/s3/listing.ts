import { CutShort } from './failure.js';

/** One page of a listing. */
export interface ListingPage {
  keys: string[];
  /** Undefined on the last page. */
  next: string | undefined;
}

/**
 * Reads an answer to ListObjectsV2. Keys stay the text they are, whatever they look like: `007` is no number.
 * @throws CutShort for what is no whole listing
 */
export function parseListing(xml: string): ListingPage {
  if (!/<\/ListBucketResult>\s*$/.test(xml)) throw new CutShort('expected a whole listing, received a part');
  const escaped = elementOf(xml, 'EncodingType') === 'url';
  const keys = [...xml.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)].map(([, content = '']) => {
    const key = elementOf(content, 'Key') ?? '';
    return escaped ? decodeURIComponent(key.replaceAll('+', ' ')) : key;
  });
  if (elementOf(xml, 'IsTruncated') !== 'true') return { keys, next: undefined };
  const next = elementOf(xml, 'NextContinuationToken');
  if (!next) throw new CutShort('expected the token of the next page, received none');
  return { keys, next };
}

/** An upload in parts that was begun and not ended. */
export interface UnfinishedUpload {
  key: string;
  uploadId: string;
  initiated: Date;
}

/** Reads the first page of an answer to ListMultipartUploads. */
export function parseUploads(xml: string): UnfinishedUpload[] {
  return [...xml.matchAll(/<Upload>([\s\S]*?)<\/Upload>/g)].map(([, content = '']) => ({
    key: elementOf(content, 'Key') ?? '',
    uploadId: elementOf(content, 'UploadId') ?? '',
    initiated: new Date(elementOf(content, 'Initiated') ?? NaN),
  }));
}

function elementOf(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(xml)?.[1];
  return found === undefined ? undefined : unescapeXml(found);
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return entities[name] ?? whole;
      return String.fromCodePoint(hex === undefined ? Number(decimal) : parseInt(hex, 16));
    },
  );
}
