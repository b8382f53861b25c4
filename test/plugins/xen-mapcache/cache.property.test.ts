// Random maps, unlocks, invalidations, replacements and writes against an oracle that has no cache: an address that was
// handed out and not given back shows the guest's byte there, whatever happens meanwhile.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { BLOCK_ACCESS, MiB, type HostAddress, type RAMBlock } from "backplane";
import { BUCKET, PAGE, withRig, type Rig } from "./rig.ts";

const RAM = 24 * MiB;
const LIMIT = 16 * MiB;
/** Mostly near each other, so that windows of several sizes meet. */
const place = fc.oneof(fc.nat(2 * BUCKET), fc.nat(RAM - 8 * MiB));
const size = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3 * BUCKET }), fc.integer({ min: MiB, max: 6 * MiB }));
const index = fc.nat(1000);

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("map" as const), address: place, size, lock: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("unlock" as const), index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("invalidate" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("replace" as const), index, bucket: fc.nat(255) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("guest" as const), index, value: fc.nat(255) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("device" as const), index, value: fc.nat(255) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Held {
  readonly at: HostAddress;
  readonly size: number;
  address: number;
}

class World {
  readonly #rig: Rig;
  readonly #ram: RAMBlock;
  readonly #held: Held[] = [];
  readonly #limited: boolean;

  constructor(rig: Rig, limited: boolean) {
    const block = rig.plug("ram", RAM).ramBlock;
    if (block === undefined) throw new Error("no block");
    this.#rig = rig;
    this.#ram = block;
    this.#limited = limited;
    // Every page tells its number, so that a window on the wrong one is seen.
    for (let page = 0; page < RAM / PAGE; page += 16) block.host.writeUint(page * PAGE, 4, page);
  }

  take(step: Step): void {
    const held = "index" in step ? this.#held[step.index % Math.max(1, this.#held.length)] : undefined;
    switch (step.kind) {
      case "map":
        this.#map(step.address, step.size, step.lock);
        break;
      case "unlock":
        if (held !== undefined) this.#unlock(held);
        break;
      case "invalidate":
        this.#rig.cache.invalidate();
        break;
      case "replace":
        if (held !== undefined) this.#replace(held, step.bucket);
        break;
      case "guest":
        if (held === undefined) break;
        this.#rig.machine.service(BLOCK_ACCESS).write(this.#ram, held.address, Uint8Array.of(step.value));
        break;
      case "device":
        if (held === undefined) break;
        this.#rig.write(held.at, step.value);
        expect(this.#ram.host.readUint(held.address, 1)).toBe(step.value);
        break;
    }
    this.check();
  }

  check(): void {
    const { cache, announced } = this.#rig;
    const [foreign] = cache.caches();
    for (const { at, address } of this.#held) {
      expect(this.#rig.read(at)).toBe(this.#ram.host.readUint(address, 1));
      expect(cache.ramAddressOf(at)).toBe(address);
    }
    const locks = foreign?.entries.reduce((sum, entry) => sum + entry.locks, 0);
    expect(locks).toBe(this.#held.length);
    const mapped = foreign?.entries.reduce((sum, entry) => sum + entry.size, 0) ?? 0;
    expect(foreign?.mapped).toBe(mapped);
    if (this.#limited) expect(mapped).toBeLessThanOrEqual(LIMIT);
    expect(new Set(announced.map(({ hostAddress }) => hostAddress))).toEqual(
      new Set(foreign?.entries.map(({ hostAddress }) => hostAddress)),
    );
    expect(announced).toHaveLength(foreign?.entries.length ?? 0);
  }

  #map(address: number, length: number, lock: boolean): void {
    let at: HostAddress | undefined;
    try {
      at = this.#rig.map(address, { size: length, lock });
    } catch (failure) {
      expect(String(failure)).toMatch(/no room for|Cannot allocate memory/);
      return;
    }
    if (at === undefined) throw new Error("the guest has all these pages");
    expect(this.#rig.read(at)).toBe(this.#ram.host.readUint(address, 1));
    if (lock) this.#held.push({ at, address, size: length });
  }

  #unlock(held: Held): void {
    expect(this.#rig.cache.invalidateEntry(held.at)).toBe(true);
    // Of several with one address any may go: they are alike.
    this.#held.splice(this.#held.indexOf(held), 1);
  }

  /** The window moves with all who hold it. */
  #replace(held: Held, bucket: number): void {
    const inside = held.address % BUCKET;
    const length = Math.max(held.size, 1);
    const whole = Math.ceil((inside + length) / BUCKET);
    const to = Math.min(bucket, RAM / BUCKET - whole) * BUCKET + inside;
    const at = this.#rig.cache.replace(held.address, to, length);
    if (at === undefined) return;
    const base = at - inside;
    const moved = to - held.address;
    for (const other of this.#held) {
      if (other.at >= base && other.at < base + whole * BUCKET) other.address += moved;
    }
  }
}

test.each([
  ["lru", true],
  ["qemu-10.0", false],
] as const)("windows and locks hold what they promise, with `replacement: %s`", async (replacement, limited) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40, size: "max" }), (steps) =>
      withRig({ "address-space-limit": "96M", replacement }, (rig) => {
        const world = new World(rig, limited);
        for (const one of steps) world.take(one);
      }),
    ),
    { numRuns: 30 },
  );
});
