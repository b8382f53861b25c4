import { describe, expect, test } from "vitest";
import {
  AnonymousMemory,
  byteLength,
  COMMANDS,
  GiB,
  HOST_ADDRESS_SPACE,
  HOST_MAPPING_NOTIFIERS,
  KiB,
  MiB,
  RAM_BLOCK_NOTIFIERS,
  RAM_DISCARD,
  RAM_LIST,
  type HostAddress,
} from "backplane";
import { withRegistrar } from "./registrar-bench.ts";

test("what is there is registered, what comes is, and what goes is not any more", () =>
  withRegistrar({}, ({ machine, open, ram, outstanding }) => {
    const first = ram("first", byteLength(64 * KiB));
    const registrar = open();
    expect(registrar.ok).toBe(true);
    expect(registrar.holds(first)).toBe(true);
    const second = ram("second", byteLength(128 * KiB));
    expect(registrar.holds(second)).toBe(true);
    expect(registrar.bytes).toBe(192 * KiB);
    expect(outstanding()).toEqual({ rings: 1, buffers: 2, "locked bytes": 192 * KiB });
    machine.service(RAM_LIST).free(second);
    expect(registrar.bytes).toBe(64 * KiB);
    expect(outstanding()).toMatchObject({ buffers: 1 });
    void registrar.dispose();
    expect(outstanding()).toEqual({ rings: 0, buffers: 0, "locked bytes": 0 });
    expect(machine.service(RAM_BLOCK_NOTIFIERS).subscribers()).toEqual([]);
  }));

test("a resize needs nothing: the reserve is registered", () =>
  withRegistrar({}, ({ machine, open, ram, outstanding }) => {
    const block = ram("tables", byteLength(64 * KiB), byteLength(2 * MiB));
    open();
    expect(outstanding()).toMatchObject({ "locked bytes": 2 * MiB });
    machine.service(RAM_LIST).resize(block, byteLength(MiB));
    expect(outstanding()).toMatchObject({ buffers: 1, "locked bytes": 2 * MiB });
  }));

test("a block of several GiB takes several slots", () =>
  withRegistrar({}, ({ open, ram, outstanding }) => {
    ram("large", byteLength(2.5 * GiB));
    const registrar = open();
    expect(registrar.ok).toBe(true);
    expect(registrar.buffers).toBe(1);
    expect(outstanding()).toMatchObject({ buffers: 3, "locked bytes": 2.5 * GiB });
  }));

test("two registrars of one node share its table", () =>
  withRegistrar({}, ({ open, ram, outstanding }) => {
    ram("ram", byteLength(64 * KiB));
    const one = open();
    open();
    expect(outstanding()).toMatchObject({ rings: 1, buffers: 2 });
    void one.dispose();
    expect(outstanding()).toMatchObject({ rings: 1, buffers: 1 });
  }));

test("registered memory stays: its pages are not given back to the host", () =>
  withRegistrar({}, ({ machine, open, ram }) => {
    const discard = machine.service(RAM_DISCARD);
    ram("ram", byteLength(64 * KiB));
    const registrar = open();
    expect(discard.isDisabled).toBe(true);
    void registrar.dispose();
    expect(discard.isDisabled).toBe(false);
  }));

test("where memory must be given back, nothing can be registered", () =>
  withRegistrar({}, ({ machine, open, ram, outstanding }) => {
    const required = machine.service(RAM_DISCARD).require("balloon");
    ram("ram", byteLength(64 * KiB));
    expect(open().failure).toMatch(/Device or resource busy$/);
    expect(outstanding()).toMatchObject({ rings: 0 });
    void required.dispose();
  }));

describe("a registrar that was refused", () => {
  test("gives up for good, and says so", () =>
    withRegistrar({ limit: { bytes: 100 * KiB } }, ({ machine, open, ram, outstanding, log }) => {
      const first = ram("first", byteLength(64 * KiB));
      const registrar = open();
      const second = ram("second", byteLength(64 * KiB));
      const text = `Failed to register buffer 0x${second.hostAddress.toString(16)} with size 65536: Cannot allocate memory`;
      expect(registrar.ok).toBe(false);
      expect(registrar.failure).toBe(text);
      expect(log.filter(({ message }) => message === text)).toHaveLength(1);
      expect(registrar.holds(first)).toBe(false);
      expect(outstanding()).toEqual({ rings: 0, buffers: 0, "locked bytes": 0 });
      expect(machine.service(RAM_BLOCK_NOTIFIERS).subscribers()).toEqual([]);
      // There would be room again.
      machine.service(RAM_LIST).free(second);
      ram("third", byteLength(4 * KiB));
      expect(registrar.buffers).toBe(0);
    }));

  test("while it was shown what there is leaves as well", () =>
    withRegistrar({ limit: { buffers: 2 } }, ({ machine, open, ram, outstanding }) => {
      for (const name of ["a", "b", "c", "d"]) ram(name, byteLength(4 * KiB));
      const registrar = open();
      expect(registrar.failure).toMatch(/Invalid argument$/);
      expect(outstanding()).toMatchObject({ buffers: 0 });
      expect(machine.service(RAM_BLOCK_NOTIFIERS).subscribers()).toEqual([]);
      expect(machine.service(HOST_MAPPING_NOTIFIERS).subscriptions()).toEqual([]);
    }));

  test("does not keep others from hearing", () =>
    withRegistrar({ limit: { bytes: 4 * KiB } }, ({ machine, open, ram }) => {
      const heard: string[] = [];
      const notifiers = machine.service(RAM_BLOCK_NOTIFIERS);
      const before = notifiers.add({
        name: "before",
        ramBlockAdded: ({ idstr }) => void heard.push(`before ${idstr}`),
      });
      open();
      const after = notifiers.add({ name: "after", ramBlockAdded: ({ idstr }) => void heard.push(`after ${idstr}`) });
      ram("ram", byteLength(64 * KiB));
      expect(heard).toEqual(["after ", "before "]);
      expect(notifiers.subscribers()).toEqual(["after", "before"]);
      void after.dispose();
      void before.dispose();
    }));
});

describe("mappings that are no blocks", () => {
  test("are registered: requests may lie in them", () =>
    withRegistrar({}, ({ machine, open, outstanding }) => {
      const memory = new AnonymousMemory(byteLength(64 * KiB));
      const placed = machine.service(HOST_ADDRESS_SPACE).place(memory);
      const mapping = {
        kind: "host-mapping",
        owner: "xen-mapcache",
        hostAddress: placed.address,
        length: placed.length,
      } as const;
      open();
      const published = machine.service(HOST_MAPPING_NOTIFIERS).publish(mapping);
      expect(outstanding()).toMatchObject({ buffers: 1 });
      void published.dispose();
      expect(outstanding()).toMatchObject({ buffers: 0 });
      void placed.dispose();
    }));

  test("without memory end it", () =>
    withRegistrar({}, ({ machine, open }) => {
      const registrar = open();
      const published = machine.service(HOST_MAPPING_NOTIFIERS).publish({
        kind: "host-mapping",
        owner: "xen-mapcache",
        hostAddress: 0x1000 as HostAddress,
        length: byteLength(4 * KiB),
      });
      expect(registrar.failure).toBe("Failed to register a mapping of xen-mapcache at 0x1000: Bad address");
      void published.dispose();
    }));
});

test("monitors are told", () =>
  withRegistrar({ limit: { bytes: 100 * KiB } }, async ({ machine, open, ram }) => {
    ram("ram", byteLength(64 * KiB));
    open();
    const query = machine.service(COMMANDS).find("x-query-block-ram-registrars");
    const told = () => query?.run({}, { id: "test", onClose: () => ({ dispose: () => undefined }) });
    const common = { "qom-path": "/disk", "node-name": "n", "direct-requests": 0, "bounced-requests": 0 };
    expect(await told()).toEqual([{ ...common, ok: true, buffers: 1, bytes: 64 * KiB }]);
    const more = ram("more", byteLength(64 * KiB));
    const failure = `Failed to register buffer 0x${more.hostAddress.toString(16)} with size 65536: Cannot allocate memory`;
    expect(await told()).toEqual([{ ...common, ok: false, failure, buffers: 0, bytes: 0 }]);
  }));
