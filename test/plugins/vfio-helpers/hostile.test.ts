// A controller that lies: whatever it answers, the driver opens it or refuses it, and gives everything back.
import fc from "fast-check";
import { expect, test } from "vitest";
import { BackplaneError, definePlugin, HOST_ADDRESS_SPACE, HostCalls } from "backplane";
import { withMachine } from "backplane/kit";
import { VFIO_CALLS, VFIO_HOST } from "backplane/plugins/vfio-helpers/contract";
import block from "../../../plugins/block/index.ts";
import vfioHelpers from "../../../plugins/vfio-helpers/index.ts";
import type { DeviceBus, ModelFunction } from "../../../plugins/vfio-helpers/model/function.ts";
import { ModelHost, modelTime } from "../../../plugins/vfio-helpers/model/host.ts";
import { ADDRESS, benchOf } from "./vfio-machine.ts";

interface Lies {
  readonly cap: readonly [number, number];
  /** Bytes of Identify's data structures, here and there. */
  readonly identify: readonly (readonly [number, number])[];
  /** Completions, one for each command: the identifier's and the status' difference from what is right, and the phase. */
  readonly completions: readonly (readonly [number, number, boolean])[];
}

class LyingController implements ModelFunction {
  readonly address = ADDRESS;
  readonly group = undefined;
  readonly viable = true;
  readonly vendorId = 1;
  readonly deviceId = 2;
  readonly classId = 0x010802;
  readonly barSize = 0x10_0000;
  readonly vectors = 1;
  readonly #lies: Lies;
  readonly #registers = new Map<number, number>();
  #bus: DeviceBus | undefined;
  #head = 0;

  constructor(lies: Lies) {
    this.#lies = lies;
  }

  connect(bus: DeviceBus | undefined): void {
    this.#bus = bus;
  }

  reset(): void {
    this.#registers.clear();
    this.#head = 0;
  }

  close(): void {
    this.#bus = undefined;
  }

  readRegister(offset: number): number {
    if (offset === 0) return this.#lies.cap[0];
    if (offset === 4) return this.#lies.cap[1];
    if (offset === 0x1c) return (this.#registers.get(0x14) ?? 0) & 1;
    return this.#registers.get(offset) ?? 0;
  }

  writeRegister(offset: number, value: number): void {
    this.#registers.set(offset, value);
    if (offset === 0x1000) this.#complete(value);
  }

  /** Commands of the admin queue only: this is about opening. */
  #complete(tail: number): void {
    const entries = ((this.#registers.get(0x24) ?? 0) & 0xfff) + 1;
    for (; this.#head !== tail; this.#head = (this.#head + 1) % entries) {
      const command = new Uint8Array(64);
      this.#bus?.read((this.#registers.get(0x28) ?? 0) + this.#head * 64, command);
      const view = new DataView(command.buffer);
      const page = new Uint8Array(4096);
      for (const [at, value] of this.#lies.identify) page[at] = value;
      if (view.getUint8(0) === 6) this.#bus?.write(view.getUint32(24, true) + view.getUint32(28, true) * 2 ** 32, page);
      const [id, status, isNew] = this.#lies.completions[this.#head % this.#lies.completions.length] ?? [0, 0, true];
      const entry = new DataView(new ArrayBuffer(16));
      entry.setUint16(12, (view.getUint16(2, true) + id) & 0xffff, true);
      entry.setUint16(14, (status << 1) | (isNew ? 1 : 0), true);
      this.#bus?.write((this.#registers.get(0x30) ?? 0) + this.#head * 16, new Uint8Array(entry.buffer));
    }
  }
}

function hostOf(controller: LyingController) {
  return definePlugin({
    id: "host",
    apiVersion: 1,
    summary: "a host with a controller that lies",
    provides: [VFIO_HOST],
    attach(machine) {
      const table = { pageSize: 4096, ranges: [{ start: 0, end: 2 ** 40 }], entryLimit: 100, memlockLimit: undefined };
      const calls = new HostCalls("host", VFIO_CALLS);
      const parts = {
        functions: [controller],
        table,
        memory: machine.use(HOST_ADDRESS_SPACE),
        calls,
        time: modelTime(),
      };
      machine.provideValue(VFIO_HOST, new ModelHost(parts));
    },
  });
}

const mostly = (right: number, max: number) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(right) }, { weight: 1, arbitrary: fc.nat(max) });

const lies: fc.Arbitrary<Lies> = fc.record({
  cap: fc.tuple(mostly(0x0201_00ff, 0xffff_ffff), mostly(0x20, 0xffff_ffff)),
  identify: fc
    .array(fc.tuple(fc.oneof(fc.nat(4095), fc.constantFrom(0, 7, 26, 77, 128, 130, 516, 520, 525)), fc.nat(255)))
    // A namespace of blocks of 512 bytes, unless told otherwise.
    .map((bytes) => [[516, 1], [130, 9], [0, 200], ...bytes] as const),
  completions: fc.array(
    fc.tuple(
      mostly(0, 0xffff),
      mostly(0, 0x7fff),
      fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  ),
});

test("a controller that lies is opened or refused, and leaves nothing", async () => {
  let opened = 0;
  await fc.assert(
    fc.asyncProperty(lies, async (told) => {
      await withMachine({ with: [block, hostOf(new LyingController(told)), vfioHelpers] }, async (machine) => {
        const bench = benchOf(machine, [], "");
        try {
          const node = await bench.open();
          expect(node.length).toBeGreaterThanOrEqual(0);
          opened++;
        } catch (failure) {
          expect(failure).toBeInstanceOf(BackplaneError);
        }
      });
    }),
    { numRuns: 150 },
  );
  expect(opened).toBeGreaterThan(0);
});
