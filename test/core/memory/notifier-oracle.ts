// A naive model of the RAM list and its notifiers, that predicts every call in order. Blocks and notifiers are numbers.

export type Operation =
  | { readonly op: "allocate"; readonly pages: number; readonly maxPages: number }
  | { readonly op: "free"; readonly block: number }
  | { readonly op: "resize"; readonly block: number; readonly pages: number }
  | { readonly op: "rename"; readonly block: number; readonly idstr: string }
  | { readonly op: "migratable"; readonly block: number; readonly value: boolean }
  /** `failsAt`: the call that throws, counted from 1; 0 for none. */
  | { readonly op: "subscribe"; readonly failsAt: number }
  | { readonly op: "unsubscribe"; readonly notifier: number };

interface OracleBlock {
  readonly serial: number;
  readonly max: number;
  used: number;
  idstr: string;
  migratable: boolean;
}

interface OracleNotifier {
  readonly serial: number;
  readonly failsAt: number;
  readonly known: Set<OracleBlock>;
  calls: number;
}

export class Oracle {
  /** One line per call, over all notifiers. */
  readonly trace: string[] = [];
  blocks: OracleBlock[] = [];
  notifiers: OracleNotifier[] = [];
  #blockSerial = 0;
  #notifierSerial = 0;

  /** Carries the operation out; true when it fails. */
  perform(operation: Operation): boolean {
    if (operation.op === "allocate") return this.#allocate(operation.pages, operation.maxPages);
    if (operation.op === "subscribe") return this.#subscribe(operation.failsAt);
    if (operation.op === "unsubscribe") return this.#unsubscribe(pick(this.notifiers, operation.notifier));
    const block = pick(this.blocks, operation.block);
    return block !== undefined && this.#change(block, operation);
  }

  #unsubscribe(notifier: OracleNotifier | undefined): boolean {
    this.notifiers = this.notifiers.filter((other) => other !== notifier);
    return notifier !== undefined && this.blocks.map((block) => this.#removed(notifier, block)).includes(true);
  }

  #allocate(pages: number, maxPages: number): boolean {
    if (pages > maxPages) return true;
    const block = { serial: this.#blockSerial++, max: maxPages, used: pages, idstr: "", migratable: false };
    this.blocks = [...this.blocks, block].toSorted((a, b) => b.max - a.max || a.serial - b.serial);
    const refused = this.#youngestFirst()
      .map((notifier) => this.#added(notifier, block))
      .includes(true);
    if (refused) this.#free(block);
    return refused;
  }

  #free(block: OracleBlock): boolean {
    const failed = this.#youngestFirst()
      .map((notifier) => this.#removed(notifier, block))
      .includes(true);
    this.blocks = this.blocks.filter((other) => other !== block);
    return failed;
  }

  #subscribe(failsAt: number): boolean {
    const notifier: OracleNotifier = { serial: this.#notifierSerial++, failsAt, known: new Set(), calls: 0 };
    for (const block of this.blocks) {
      if (!this.#added(notifier, block)) continue;
      for (const told of [...notifier.known].toReversed()) this.#removed(notifier, told);
      return true;
    }
    this.notifiers.push(notifier);
    return false;
  }

  #change(block: OracleBlock, operation: Extract<Operation, { block: number }>): boolean {
    if (operation.op === "free") return this.#free(block);
    if (operation.op === "resize") return this.#resize(block, operation.pages);
    if (operation.op === "rename") return this.#rename(block, operation.idstr);
    if (block.migratable === operation.value) return false;
    block.migratable = operation.value;
    return this.#round(block, "migratable");
  }

  #resize(block: OracleBlock, pages: number): boolean {
    if (pages === block.used) return false;
    if (pages > block.max) return true;
    const failed = this.#round(block, `resized ${block.used}>${pages}`);
    block.used = pages;
    return failed;
  }

  #rename(block: OracleBlock, idstr: string): boolean {
    const from = block.idstr;
    if (from === idstr) return false;
    if (idstr !== "" && this.blocks.some((other) => other.idstr === idstr)) return true;
    block.idstr = idstr;
    return this.#round(block, `idstr ${from}>${idstr}`);
  }

  #round(block: OracleBlock, what: string): boolean {
    return this.#youngestFirst()
      .map((notifier) => notifier.known.has(block) && this.#tell(notifier, block, what))
      .includes(true);
  }

  #added(notifier: OracleNotifier, block: OracleBlock): boolean {
    if (this.#tell(notifier, block, "added")) return true;
    notifier.known.add(block);
    return false;
  }

  #removed(notifier: OracleNotifier, block: OracleBlock): boolean {
    return notifier.known.delete(block) && this.#tell(notifier, block, "removed");
  }

  #tell(notifier: OracleNotifier, block: OracleBlock, what: string): boolean {
    this.trace.push(line(notifier.serial, block.serial, block, what));
    return ++notifier.calls === notifier.failsAt;
  }

  #youngestFirst(): OracleNotifier[] {
    return this.notifiers.toReversed();
  }
}

/** How a call is written down, by the oracle and by the real notifiers alike. */
export function line(
  notifier: number,
  serial: number,
  block: { readonly used: number; readonly idstr: string; readonly migratable: boolean },
  what: string,
): string {
  return `n${notifier} b${serial} [${block.used} "${block.idstr}" ${block.migratable}] ${what}`;
}

export function pick<T>(items: readonly T[], index: number): T | undefined {
  return items[index % Math.max(items.length, 1)];
}
