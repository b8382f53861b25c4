import * as v from "valibot";
import { describe, expect, test } from "vitest";
import {
  definePlugin,
  MEMORY_REGIONS,
  RAM_BLOCK_NOTIFIERS,
  byteLength,
  type AnyPlugin,
  type MachineType,
} from "backplane";
import { emptyMachineType, withMachine } from "backplane/kit";
import { describeUntold } from "backplane/kit/conformance";
import { codeOf } from "../memory/machine-memory.ts";

/** A type that offers a plugin, and how often the plugin was loaded. */
function offering(options?: AnyPlugin["options"]) {
  const loads = { count: 0 };
  const rare: AnyPlugin = {
    id: "rare",
    apiVersion: 1,
    summary: "few machines have it",
    ...(options === undefined ? {} : { options }),
    attach: (machine) => void machine.own(machine.use(RAM_BLOCK_NOTIFIERS).add({ name: "rare" })),
  };
  const type: MachineType = {
    ...emptyMachineType,
    offers: [
      {
        id: "rare",
        load: () => {
          loads.count++;
          return Promise.resolve(rare);
        },
      },
    ],
  };
  return { type, loads };
}

describe("a plugin that a machine type offers", () => {
  test("is neither in the machine nor loaded unless it is asked for", async () => {
    const { type, loads } = offering();
    await withMachine({ type }, (machine) => {
      expect(machine.service(RAM_BLOCK_NOTIFIERS).subscribers()).toEqual([]);
    });
    expect(loads.count).toBe(0);
  });

  test("is there when the definition has its key, with its options read", async () => {
    const { type, loads } = offering(v.strictObject({ size: v.optional(v.number(), 1) }));
    await withMachine({ type, options: { rare: { value: {} } } }, (machine) => {
      expect(machine.service(RAM_BLOCK_NOTIFIERS).subscribers()).toEqual(["rare"]);
    });
    expect(loads.count).toBe(1);
    await expect(withMachine({ type, options: { rare: { value: { sise: 2 } } } }, () => undefined)).rejects.toThrow(
      "unknown key 'sise'",
    );
  });

  test("that cannot be loaded leaves no machine", async () => {
    const type: MachineType = {
      ...emptyMachineType,
      offers: [{ id: "rare", load: () => Promise.reject(new Error("no such file")) }],
    };
    await expect(withMachine({ type, options: { rare: { value: {} } } }, () => undefined)).rejects.toThrow(
      "no such file",
    );
  });
});

/** Counts the bytes of the blocks that it has been told of. */
class Counter {
  readonly name = "counter";
  bytes = 0;
  ramBlockAdded({ maxLength }: { readonly maxLength: number }): void {
    this.bytes += maxLength;
  }
  ramBlockRemoved({ maxLength }: { readonly maxLength: number }): void {
    this.bytes -= maxLength;
  }
}

let counter = new Counter();
const counting = definePlugin({
  id: "counter",
  apiVersion: 1,
  summary: "counts",
  attach(machine) {
    counter = new Counter();
    machine.own(machine.use(RAM_BLOCK_NOTIFIERS).add(counter));
  },
});

describeUntold({
  subscriber: "counter",
  kind: "added",
  breaks: "its sum is short",
  machine: () => ({ with: [counting] }),
  story(machine) {
    machine.service(MEMORY_REGIONS).ram("ram", byteLength(8192));
    expect(counter.bytes).toBe(8192);
  },
});

test("an unheard-of errand is no error: whoever offers the choice checks the names", () =>
  withMachine({ untold: [{ subscriber: "nobody", kind: "resized" }] }, (machine) => {
    expect(codeOf(() => machine.service(MEMORY_REGIONS).ram("ram", byteLength(8192)))).toBeUndefined();
  }));
