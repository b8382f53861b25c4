/** Entries of a node; one that has fewer than a quarter is joined with its neighbour. */
const MOST = 64;
const LEAST = MOST / 4;

/** Values, or nodes below, by ascending key. A node below stands at the least key in it. */
interface Leaf<Value> {
  readonly isLeaf: true;
  readonly keys: number[];
  readonly items: Value[];
}
interface Branch<Value> {
  readonly isLeaf: false;
  readonly keys: number[];
  readonly items: Node<Value>[];
}
type Node<Value> = Leaf<Value> | Branch<Value>;

/**
 * Values by ascending number. Finding, adding and removing take time in the order of log n, whatever came before: a B+
 * tree (Comer, "The ubiquitous B-tree", 1979), since what is wide and shallow stays in the processor's caches.
 */
export class OrderedTable<Value> {
  #root: Node<Value> = { isLeaf: true, keys: [], items: [] };
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: number): Value | undefined {
    let node = this.#root;
    for (;;) {
      const index = lastAtOrBelow(node.keys, key);
      if (node.isLeaf) return node.keys[index] === key ? node.items[index] : undefined;
      const below = node.items[index];
      if (below === undefined) return undefined;
      node = below;
    }
  }

  /** The value with the greatest key that is not above `key`. */
  atOrBelow(key: number): Value | undefined {
    let node = this.#root;
    for (;;) {
      const index = lastAtOrBelow(node.keys, key);
      if (node.isLeaf) return node.items[index];
      const below = node.items[index];
      if (below === undefined) return undefined;
      node = below;
    }
  }

  /** The value with the least key that is not below `key`. */
  atOrAbove(key: number): Value | undefined {
    // The node behind the one where the key belongs, as low as there is one: all of it is above.
    let behind: Node<Value> | undefined;
    let node = this.#root;
    while (!node.isLeaf) {
      const index = Math.max(lastAtOrBelow(node.keys, key), 0);
      behind = node.items[index + 1] ?? behind;
      const below = node.items[index];
      if (below === undefined) return undefined;
      node = below;
    }
    const index = lastAtOrBelow(node.keys, key);
    const found = node.keys[index] === key ? index : index + 1;
    return found < node.items.length ? node.items[found] : first(behind);
  }

  /** Replaces what has that key. */
  set(key: number, value: Value): void {
    const right = this.#insert(this.#root, key, value);
    if (right === undefined) return;
    const left = this.#root;
    this.#root = { isLeaf: false, keys: [left.keys[0] ?? 0, right.keys[0] ?? 0], items: [left, right] };
  }

  delete(key: number): boolean {
    const before = this.#size;
    this.#remove(this.#root, key);
    const [only] = this.#root.items;
    if (!this.#root.isLeaf && this.#root.items.length === 1) this.#root = only as Node<Value>;
    return this.#size < before;
  }

  clear(): void {
    this.#root = { isLeaf: true, keys: [], items: [] };
    this.#size = 0;
  }

  /** How many nodes lie on the way to a value. */
  depth(): number {
    let depth = 1;
    for (let node = this.#root; !node.isLeaf; depth++) {
      const [below] = node.items;
      if (below === undefined) break;
      node = below;
    }
    return depth;
  }

  values(): Iterable<Value> {
    return valuesOf(this.#root);
  }

  /** Returns what the node could not hold any more, as a node to its right. */
  #insert(node: Node<Value>, key: number, value: Value): Node<Value> | undefined {
    const index = lastAtOrBelow(node.keys, key);
    if (node.isLeaf) {
      if (node.keys[index] === key) {
        node.items[index] = value;
        return undefined;
      }
      this.#size++;
      node.keys.splice(index + 1, 0, key);
      node.items.splice(index + 1, 0, value);
      return split(node);
    }
    const place = Math.max(index, 0);
    const below = node.items[place];
    if (below === undefined) return undefined;
    const right = this.#insert(below, key, value);
    node.keys[place] = below.keys[0] ?? key;
    if (right === undefined) return undefined;
    node.keys.splice(place + 1, 0, right.keys[0] ?? key);
    node.items.splice(place + 1, 0, right);
    return split(node);
  }

  #remove(node: Node<Value>, key: number): void {
    const index = lastAtOrBelow(node.keys, key);
    if (index < 0) return;
    if (node.isLeaf) {
      if (node.keys[index] !== key) return;
      this.#size--;
      node.keys.splice(index, 1);
      node.items.splice(index, 1);
      return;
    }
    const below = node.items[index];
    if (below === undefined) return;
    this.#remove(below, key);
    node.keys[index] = below.keys[0] ?? key;
    if (below.items.length < LEAST && node.items.length > 1) join(node, Math.max(index - 1, 0));
  }
}

/** The last index whose key is not above; -1 when all are. */
function lastAtOrBelow(keys: readonly number[], key: number): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as number) <= key) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function first<Value>(node: Node<Value> | undefined): Value | undefined {
  let at = node;
  while (at !== undefined && !at.isLeaf) at = at.items[0];
  return at?.items[0];
}

function* valuesOf<Value>(node: Node<Value>): Generator<Value> {
  if (node.isLeaf) yield* node.items;
  else for (const below of node.items) yield* valuesOf(below);
}

function split<Value>(node: Node<Value>): Node<Value> | undefined {
  if (node.items.length <= MOST) return undefined;
  const half = node.items.length >>> 1;
  const keys = node.keys.splice(half);
  return node.isLeaf
    ? { isLeaf: true, keys, items: node.items.splice(half) }
    : { isLeaf: false, keys, items: node.items.splice(half) };
}

/** Two neighbours become one, or two of the same size. */
function join<Value>(parent: Branch<Value>, index: number): void {
  const left = parent.items[index];
  const right = parent.items[index + 1];
  if (left === undefined || right === undefined) return;
  left.keys.push(...right.keys);
  if (left.isLeaf && right.isLeaf) left.items.push(...right.items);
  else if (!left.isLeaf && !right.isLeaf) left.items.push(...right.items);
  const rest = split(left);
  parent.keys[index] = left.keys[0] ?? parent.keys[index] ?? 0;
  if (rest === undefined) {
    parent.keys.splice(index + 1, 1);
    parent.items.splice(index + 1, 1);
    return;
  }
  parent.keys[index + 1] = rest.keys[0] ?? 0;
  parent.items[index + 1] = rest;
}
