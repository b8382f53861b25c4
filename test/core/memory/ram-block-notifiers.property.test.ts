import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { byteLength, type Disposable, type RAMBlock, type RAMBlockNotifier } from "backplane";
import { makeMemory, type MachineMemory } from "./machine-memory.ts";
import { line, Oracle, pick, type Operation } from "./notifier-oracle.ts";

const PAGE = 4096;
const index = fc.nat({ max: 20 });

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    op: fc.constant("allocate" as const),
    pages: fc.integer({ min: 1, max: 4 }),
    maxPages: fc.integer({ min: 1, max: 6 }),
  }),
  fc.record({ op: fc.constant("free" as const), block: index }),
  fc.record({ op: fc.constant("resize" as const), block: index, pages: fc.integer({ min: 1, max: 7 }) }),
  fc.record({ op: fc.constant("rename" as const), block: index, idstr: fc.constantFrom("", "a", "b", "c") }),
  fc.record({ op: fc.constant("migratable" as const), block: index, value: fc.boolean() }),
  fc.record({ op: fc.constant("subscribe" as const), failsAt: fc.nat({ max: 9 }) }),
  fc.record({ op: fc.constant("unsubscribe" as const), notifier: index }),
);

/** The real list, driven by the oracle's operations. */
class Driver {
  readonly memory: MachineMemory = makeMemory();
  readonly trace: string[] = [];
  readonly registrations: Disposable[] = [];
  readonly #serials = new Map<RAMBlock, number>();
  #blockSerial = 0;
  #notifierSerial = 0;

  /** True when the operation throws. */
  perform(operation: Operation): boolean {
    try {
      this.#perform(operation);
      return false;
    } catch {
      return true;
    }
  }

  #perform(operation: Operation): void {
    if (operation.op === "allocate") {
      const maxSize = byteLength(operation.maxPages * PAGE);
      this.memory.block("x", operation.pages * PAGE, { maxSize, idstr: null, migratable: false });
    } else if (operation.op === "subscribe") {
      this.registrations.push(this.memory.notifiers.add(this.#notifier(operation.failsAt)));
    } else if (operation.op === "unsubscribe") {
      const registration = pick(this.registrations, operation.notifier);
      if (registration === undefined) return;
      this.registrations.splice(this.registrations.indexOf(registration), 1);
      void registration.dispose();
    } else {
      this.#change(operation);
    }
  }

  #change(operation: Extract<Operation, { block: number }>): void {
    const { list } = this.memory;
    const block = pick(list.blocks(), operation.block);
    if (block === undefined) return;
    if (operation.op === "free") list.free(block);
    else if (operation.op === "resize") list.resize(block, byteLength(operation.pages * PAGE));
    else if (operation.op === "rename") list.setIdstr(block, operation.idstr);
    else list.setMigratable(block, operation.value);
  }

  #notifier(failsAt: number): RAMBlockNotifier {
    const serial = this.#notifierSerial++;
    let calls = 0;
    const note = (block: RAMBlock, what: string): void => {
      const { usedLength, idstr, migratable } = block;
      this.trace.push(line(serial, this.#serial(block), { used: usedLength / PAGE, idstr, migratable }, what));
      if (++calls === failsAt) throw new Error("as told");
    };
    return {
      name: `n${serial}`,
      ramBlockAdded: (block) => note(block, "added"),
      ramBlockResized: (block, { from, to }) => note(block, `resized ${from / PAGE}>${to / PAGE}`),
      ramBlockIdstrChanged: (block, { from, to }) => note(block, `idstr ${from}>${to}`),
      ramBlockMigratableChanged: (block) => note(block, "migratable"),
      ramBlockRemoved: (block) => note(block, "removed"),
    };
  }

  /** Blocks are numbered as the oracle does: in order of creation, told or not. */
  #serial(block: RAMBlock): number {
    this.number();
    return this.#serials.get(block) ?? -1;
  }

  number(): void {
    for (const block of this.memory.list.blocks())
      if (!this.#serials.has(block)) this.#serials.set(block, this.#blockSerial++);
  }
}

test.prop([fc.array(operation, { maxLength: 40 })], { numRuns: 400 })(
  "every call is the one that the oracle predicts",
  (operations) => {
    const oracle = new Oracle();
    const driver = new Driver();
    for (const next of operations) {
      const failed = driver.perform(next);
      driver.number();
      expect(failed).toBe(oracle.perform(next));
      expect(driver.trace).toEqual(oracle.trace);
      expect(
        driver.memory.list.blocks().map(({ idstr, usedLength, migratable }) => [idstr, usedLength / PAGE, migratable]),
      ).toEqual(oracle.blocks.map(({ idstr, used, migratable }) => [idstr, used, migratable]));
    }
  },
);

/** What a notifier believes of a block from what it was told alone. */
interface Belief {
  used: number;
  idstr: string;
  migratable: boolean;
}

type Reaction = Operation | { readonly op: "throw" } | { readonly op: "leave" };

/** A notifier that keeps a picture, checks each call against it, and does something of its own at some calls. */
class Believer implements RAMBlockNotifier {
  readonly name = "believer";
  readonly picture = new Map<RAMBlock, Belief>();
  readonly #react: (call: number) => void;
  readonly #complain: (complaint: string) => void;
  #calls = 0;

  constructor(react: (call: number) => void, complain: (complaint: string) => void) {
    this.#react = react;
    this.#complain = complain;
  }

  ramBlockAdded(block: RAMBlock): void {
    if (this.picture.has(block)) this.#complain("added twice");
    const { usedLength, idstr, migratable } = block;
    this.picture.set(block, { used: usedLength, idstr, migratable });
    try {
      this.#react(++this.#calls);
    } catch (error) {
      this.picture.delete(block);
      throw error;
    }
  }

  ramBlockResized(block: RAMBlock, { from, to }: { from: number; to: number }): void {
    this.#check(block, "resized", (belief) => belief.used === from && block.usedLength === from && from !== to);
    this.#learn(block, (belief) => (belief.used = to));
  }

  ramBlockIdstrChanged(block: RAMBlock, { from, to }: { from: string; to: string }): void {
    this.#check(block, "idstr", (belief) => belief.idstr === from && block.idstr === to && from !== to);
    this.#learn(block, (belief) => (belief.idstr = to));
  }

  ramBlockMigratableChanged(block: RAMBlock): void {
    this.#check(block, "migratable", (belief) => belief.migratable !== block.migratable);
    this.#learn(block, (belief) => (belief.migratable = block.migratable));
  }

  ramBlockRemoved(block: RAMBlock): void {
    // Who is made to leave in the middle of a round may be a change ahead or behind: it hears the end, and that is all.
    this.#check(block, "removed", () => true);
    this.picture.delete(block);
    this.#react(++this.#calls);
  }

  #check(block: RAMBlock, what: string, isRight: (belief: Belief) => boolean): void {
    const belief = this.picture.get(block);
    if (belief === undefined) this.#complain(`${what} of an unknown block`);
    else if (!isRight(belief)) this.#complain(`${what} does not fit: ${JSON.stringify(belief)}`);
  }

  #learn(block: RAMBlock, change: (belief: Belief) => void): void {
    const belief = this.picture.get(block);
    if (belief !== undefined) change(belief);
    this.#react(++this.#calls);
  }
}

const reaction: fc.Arbitrary<Reaction> = fc.oneof(
  { weight: 5, arbitrary: operation },
  { weight: 1, arbitrary: fc.constant({ op: "throw" as const }) },
  { weight: 1, arbitrary: fc.constant({ op: "leave" as const }) },
);
const reactions = fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), reaction), { maxLength: 4 });

test.prop([fc.array(operation, { minLength: 5, maxLength: 30 }), fc.array(reactions, { minLength: 1, maxLength: 6 })], {
  numRuns: 600,
})("no notifier gets a wrong picture, whatever notifiers do while they are told", (operations, scripts) => {
  const driver = new Driver();
  const { list, notifiers } = driver.memory;
  const complaints: string[] = [];
  const registered = new Map<Believer, Disposable | undefined>();
  let depth = 0;
  let scripted = 0;

  const perform = (next: Reaction, self?: Believer): void => {
    if (next.op === "throw") throw new Error("as told");
    if (depth >= 4) return;
    depth++;
    try {
      if (next.op === "leave") leave(self);
      else if (next.op === "subscribe") subscribe();
      else if (next.op === "unsubscribe") leave(pick([...registered.keys()], next.notifier));
      else driver.perform(next);
    } catch {
      // A refused or failed act is the actor's affair; what matters is what everyone believes.
    }
    depth--;
  };
  const subscribe = (): void => {
    // A notifier that brings another whenever it is told would bring them for ever.
    if (registered.size > 6 || scripted > 60) return;
    const script = new Map(pick(scripts, scripted++));
    const believer: Believer = new Believer(
      (call) => {
        const next = script.get(call);
        if (next !== undefined) perform(next, believer);
      },
      (complaint) => complaints.push(complaint),
    );
    registered.set(believer, undefined);
    try {
      const registration = notifiers.add(believer);
      registered.set(believer, registration);
    } catch (error) {
      registered.delete(believer);
      if (believer.picture.size > 0) complaints.push("a rolled back registration left blocks behind");
      throw error;
    }
  };
  const leave = (believer: Believer | undefined): void => {
    const registration = believer && registered.get(believer);
    if (believer === undefined || registration === undefined) return;
    registered.delete(believer);
    try {
      void registration.dispose();
    } finally {
      if (believer.picture.size > 0) complaints.push("a notifier left without hearing the end of its blocks");
    }
  };

  perform({ op: "subscribe", failsAt: 0 });
  for (const next of operations) {
    perform(next);
    expect(complaints).toEqual([]);
    for (const believer of registered.keys()) {
      const beliefs = [...believer.picture].map(([block, belief]) => [list.blocks().indexOf(block), belief] as const);
      expect(beliefs.toSorted(([a], [b]) => a - b)).toEqual(
        list.blocks().map(({ usedLength, idstr, migratable }, at) => [at, { used: usedLength, idstr, migratable }]),
      );
    }
  }
  expect(notifiers.subscribers().length).toBe(registered.size);
});
