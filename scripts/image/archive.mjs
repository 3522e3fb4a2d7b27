// Reads an image that `docker save` wrote, without a daemon. As a program it prints sizes: archive.mjs FILE
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { createGzip } from 'node:zlib';

const blockBytes = 512;

const text = (header, from, length) => header.toString('utf8', from, from + length).replace(/\0.*$/s, '');
const octal = (header, from, length) => parseInt(text(header, from, length).trim() || '0', 8);

function readAt(fd, start, bytes) {
  const buffer = Buffer.alloc(bytes);
  readSync(fd, buffer, 0, bytes, start);
  return buffer;
}

/** The path that a long-name or PAX entry gives to the entry after it; undefined when it gives none. */
function nameFrom(type, body) {
  if (type === 'L') return body.toString('utf8').replace(/\0+$/, '');
  return /^\d+ path=(.*)$/m.exec(body.toString('utf8'))?.[1];
}

/** Entries of the tar archive in bytes `start` to `end` of a file: path without a leading `./`, type, mode, owner, place. */
function* entriesOf(fd, start, end) {
  let name;
  for (let at = start; at + blockBytes <= end;) {
    const header = readAt(fd, at, blockBytes);
    if (header[0] === 0) return;
    const bytes = octal(header, 124, 12);
    const body = at + blockBytes;
    const type = text(header, 156, 1) || '0';
    at = body + Math.ceil(bytes / blockBytes) * blockBytes;
    if (type === 'L' || type === 'x') {
      name = nameFrom(type, readAt(fd, body, bytes)) ?? name;
      continue;
    }
    const prefix = text(header, 257, 5) === 'ustar' && header[262] === 0 ? text(header, 345, 155) : '';
    const path = name ?? (prefix === '' ? '' : `${prefix}/`) + text(header, 0, 100);
    name = undefined;
    yield {
      path: path.replace(/^\.\//, ''),
      type,
      mode: octal(header, 100, 8) & 0o7777,
      uid: octal(header, 108, 8),
      modified: octal(header, 136, 12),
      start: body,
      bytes,
    };
  }
}

export function readImage(file) {
  const fd = openSync(file, 'r');
  try {
    const parts = new Map([...entriesOf(fd, 0, Infinity)].map((entry) => [entry.path, entry]));
    const json = (name) => {
      const part = parts.get(name);
      if (part === undefined)
        throw new Error(`${file}: expected ${name}, as docker save writes it, found none`);
      return JSON.parse(readAt(fd, part.start, part.bytes).toString('utf8'));
    };
    const [manifest] = json('manifest.json');
    const layers = manifest.Layers.map((name) => {
      const { start, bytes } = parts.get(name);
      return { start, bytes, entries: [...entriesOf(fd, start, start + bytes)] };
    });
    return { names: manifest.RepoTags, config: json(manifest.Config), layers };
  } finally {
    closeSync(fd);
  }
}

export function readEntry(file, { start, bytes }) {
  const fd = openSync(file, 'r');
  try {
    return readAt(fd, start, bytes);
  } finally {
    closeSync(fd);
  }
}

async function gzippedBytes(file, { start, bytes }) {
  let total = 0;
  for await (const part of createReadStream(file, { start, end: start + bytes - 1 }).pipe(createGzip())) {
    total += part.length;
  }
  return total;
}

async function printSizes(file) {
  const { names, config, layers } = readImage(file);
  const sum = { plain: 0, gzipped: 0 };
  const megabytes = (bytes) => (bytes / 1e6).toFixed(1).padStart(8);
  for (const [index, layer] of layers.entries()) {
    const gzipped = await gzippedBytes(file, layer);
    sum.plain += layer.bytes;
    sum.gzipped += gzipped;
    console.log(
      `${config.rootfs.diff_ids[index]} ${megabytes(layer.bytes)} MB ${megabytes(gzipped)} MB gzipped`,
    );
  }
  console.log(
    `${names.join(' ')}: ${megabytes(sum.plain)} MB, ${megabytes(sum.gzipped)} MB gzipped, in ${file}`,
  );
}

if (import.meta.filename === process.argv[1]) await printSizes(process.argv[2]);
