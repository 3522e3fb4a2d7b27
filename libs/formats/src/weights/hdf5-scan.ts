/** Where a dataset says that its numbers lie. */
export interface DatasetPlace {
  /** As much of its path as is known, without the groups whose index is cut off. */
  path: string;
  start: number;
  end: number;
}

/** Where the links of a group lie. */
interface GroupPlace {
  tree: number;
  heap: number;
}

/** A link of a group, known by its tree: to the object header of a dataset or of another group, with its tree. */
interface Link {
  tree: number;
  name: string;
  subtree: number | undefined;
  header: number;
}

const treeMark = [0x54, 0x52, 0x45, 0x45];
const heapMark = [0x48, 0x45, 0x41, 0x50];
const nodeMark = [0x53, 0x4e, 0x4f, 0x44];
const layoutMessage = 8;
/** The head of a message of 16 bytes with the tree and the heap of a group. */
const groupMark = [0x11, 0, 16, 0];

/**
 * The first dataset that does not end in what is there of a file, found without the index of the groups above it,
 * which lies beyond: each group's own tree, heap and nodes lie about where the group was made.
 *
 * @param bytes the beginning of a file with a superblock of version 0, as h5py writes it
 * @returns undefined where no such dataset is found
 *
 * Reference: HDF5 File Format Specification 3.0, sections III.A.1 (trees), III.C (nodes), III.D (heaps), IV.A.2.i
 * (layout) and IV.A.2.r (groups).
 */
export function firstCutDataset(bytes: Uint8Array): DatasetPlace | undefined {
  if (bytes[8] !== 0 || bytes.length < 96) return undefined;
  const file = new HdfBytes(bytes);
  const links = [...file.groups()].flatMap((group) => file.linksOf(group));
  const parents = new Map(links.map((link) => [link.subtree, link]));
  const pathOf = ({ tree, name }: Link): string => {
    const parent = parents.get(tree);
    return parent ? `${pathOf(parent)}/${name}` : name;
  };
  return links
    .flatMap((link) => {
      const place = link.subtree === undefined ? file.layoutOf(link.header) : undefined;
      return place && place.end > bytes.length ? [{ path: pathOf(link), ...place }] : [];
    })
    .sort((a, b) => a.start - b.start)[0];
}

/** The bytes of a file by what they mean; what lies beyond them is undefined. */
class HdfBytes {
  readonly #view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Every group whose tree and heap are there. */
  *groups(): Generator<GroupPlace> {
    for (let at = this.bytes.indexOf(0x11); at >= 0; at = this.bytes.indexOf(0x11, at + 1)) {
      const group = this.#groupAt(at);
      if (group) yield group;
    }
  }

  linksOf({ tree, heap }: GroupPlace): Link[] {
    const names = this.#address(heap + 24);
    const nodes = Array.from({ length: this.#count(tree + 6) }, (_, i) => this.#address(tree + 32 + 16 * i));
    return nodes.flatMap((node) => {
      if (node === undefined || names === undefined || !this.#is(nodeMark, node)) return [];
      const entries = Array.from({ length: this.#count(node + 6) }, (_, i) => node + 8 + 40 * i);
      return entries.flatMap((entry) => this.#link(tree, names, entry));
    });
  }

  /** The bytes of a contiguous dataset, as its object header has them. */
  layoutOf(header: number): { start: number; end: number } | undefined {
    if (this.bytes[header] !== 1) return undefined;
    let at = header + 16;
    for (let i = this.#count(header + 2); i > 0; i--) {
      const [type, size] = [this.#count(at), this.#count(at + 2)];
      const isContiguous = type === layoutMessage && this.bytes[at + 8] === 3 && this.bytes[at + 9] === 1;
      const [start, length] = [this.#address(at + 10), this.#address(at + 18)];
      if (isContiguous && start !== undefined && length !== undefined) return { start, end: start + length };
      at += 8 + size;
    }
    return undefined;
  }

  #link(tree: number, names: number, entry: number): Link[] {
    const [offset, header] = [this.#address(entry), this.#address(entry + 8)];
    if (offset === undefined || header === undefined) return [];
    const end = this.bytes.indexOf(0, names + offset);
    if (end < 0) return [];
    const name = new TextDecoder().decode(this.bytes.subarray(names + offset, end));
    return [{ tree, name, header, subtree: this.#groupAt(header + 16)?.tree }];
  }

  /** The group that a message speaks of. */
  #groupAt(message: number): GroupPlace | undefined {
    if (!this.#is(groupMark, message)) return undefined;
    const [tree, heap] = [this.#address(message + 8), this.#address(message + 16)];
    if (tree === undefined || heap === undefined) return undefined;
    return this.#is(treeMark, tree) && this.#is(heapMark, heap) ? { tree, heap } : undefined;
  }

  #is(mark: readonly number[], at: number): boolean {
    return mark.every((byte, i) => this.bytes[at + i] === byte);
  }

  #count(at: number): number {
    return at + 2 <= this.bytes.length ? this.#view.getUint16(at, true) : 0;
  }

  /** None beyond the bytes, and none where the file has the address that stands for none. */
  #address(at: number): number | undefined {
    const value = at + 8 <= this.bytes.length ? Number(this.#view.getBigUint64(at, true)) : Infinity;
    return Number.isSafeInteger(value) ? value : undefined;
  }
}
