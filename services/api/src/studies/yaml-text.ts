import { PlatformError } from '@palimpsest/contracts';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, Node, Pair } from 'yaml';

/** A YAML text that was read, with the line on which every value stands. */
export class YamlText {
  readonly value: unknown;
  readonly #document: Document;
  readonly #lines = new LineCounter();

  /** @throws PlatformError `invalid`, naming file and line of everything that is no YAML */
  constructor(
    text: string,
    readonly file: string,
  ) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, merge: true, prettyErrors: false });
    const problems = this.#problems();
    if (problems.length > 0) throw new PlatformError('invalid', problems.join('\n'));
    try {
      this.value = this.#document.toJS();
    } catch (cause) {
      throw new PlatformError(
        'invalid',
        `${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
  }

  /** `study.yaml line 12`: where the field stands, or what comes nearest above it. */
  place(path: PropertyKey[]): string {
    let node: Node | null = this.#document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const key of path) {
      const step = child(isAlias(node) ? (node.resolve(this.#document) ?? null) : node, key);
      if (!step) break;
      offset = step.offset ?? offset;
      node = step.node;
    }
    return this.#at(offset);
  }

  #problems(): string[] {
    const problems = this.#document.errors.map((error) => `${this.#at(error.pos[0])}: ${error.message}`);
    visit(this.#document, {
      Alias: (_, alias) => {
        if (alias.resolve(this.#document)) return;
        problems.push(
          `${this.#at(alias.range?.[0] ?? 0)}: *${alias.source} names no anchor that stands above it`,
        );
      },
    });
    return problems;
  }

  #at(offset: number): string {
    return `${this.file} line ${Math.max(1, this.#lines.linePos(offset).line)}`;
  }
}

function child(
  node: Node | null,
  key: PropertyKey,
): { node: Node | null; offset: number | undefined } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(key)] as Node | undefined;
    return item && { node: item, offset: item.range?.[0] };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key)) as
    Pair<Node, Node | null> | undefined;
  return pair && { node: pair.value, offset: pair.key.range?.[0] };
}
