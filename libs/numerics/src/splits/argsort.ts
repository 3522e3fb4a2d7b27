/**
 * Indices that sort the values ascending, ties broken exactly as by numpy's default, unstable `argsort`
 * (introsort, as in numpy before 1.25; later ones sort with vector instructions and leave ties otherwise).
 */
export function argsortAsNumpy(values: ArrayLike<number>): Int32Array {
  const order = Int32Array.from({ length: values.length }, (_, i) => i);
  const depth = 2 * (31 - Math.clz32(Math.max(1, values.length)));
  quicksort(new Sorting(values, order), 0, order.length - 1, depth);
  return order;
}

/** Places 0 … n − 1 of an order, read through the values it points to. */
class Sorting {
  constructor(
    private readonly values: ArrayLike<number>,
    private readonly order: Int32Array,
  ) {}

  value(place: number): number {
    return this.values[this.order[place] as number] as number;
  }

  swap(a: number, b: number): void {
    const index = this.order[a] as number;
    this.order[a] = this.order[b] as number;
    this.order[b] = index;
  }
}

function quicksort(s: Sorting, first: number, last: number, depthLeft: number): void {
  if (depthLeft < 0) {
    heapsort(s, first, last);
    return;
  }
  let [left, right, depth] = [first, last, depthLeft];
  while (right - left > 15) {
    const pivot = partition(s, left, right);
    depth--;
    if (pivot - left < right - pivot) {
      quicksort(s, pivot + 1, right, depth);
      right = pivot - 1;
    } else {
      quicksort(s, left, pivot - 1, depth);
      left = pivot + 1;
    }
  }
  insertionSort(s, left, right);
}

/** Median of three, Hoare's scans; returns the place where the pivot ends. */
function partition(s: Sorting, left: number, right: number): number {
  const middle = left + ((right - left) >> 1);
  if (s.value(middle) < s.value(left)) s.swap(middle, left);
  if (s.value(right) < s.value(middle)) s.swap(right, middle);
  if (s.value(middle) < s.value(left)) s.swap(middle, left);
  const pivot = s.value(middle);
  s.swap(middle, right - 1);
  let i = left;
  let j = right - 1;
  for (;;) {
    do i++;
    while (s.value(i) < pivot);
    do j--;
    while (pivot < s.value(j));
    if (i >= j) break;
    s.swap(i, j);
  }
  s.swap(i, right - 1);
  return i;
}

function insertionSort(s: Sorting, left: number, right: number): void {
  for (let i = left + 1; i <= right; i++) {
    for (let j = i; j > left && s.value(j) < s.value(j - 1); j--) s.swap(j, j - 1);
  }
}

/** Where quicksort went too deep. Places of the heap are counted from 1, as in numpy. */
function heapsort(s: Sorting, left: number, right: number): void {
  const base = left - 1;
  let size = right - left + 1;
  for (let root = size >> 1; root > 0; root--) siftDown(s, { base, root, size });
  while (size > 1) {
    s.swap(base + 1, base + size);
    size--;
    siftDown(s, { base, root: 1, size });
  }
}

function siftDown(s: Sorting, heap: { base: number; root: number; size: number }): void {
  const { base, size } = heap;
  let parent = heap.root;
  for (let child = 2 * parent; child <= size; child = 2 * parent) {
    if (child < size && s.value(base + child) < s.value(base + child + 1)) child++;
    if (!(s.value(base + parent) < s.value(base + child))) break;
    s.swap(base + parent, base + child);
    parent = child;
  }
}
