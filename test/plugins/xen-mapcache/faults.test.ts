// Every call of the host, failing at the n-th time with each of four errors: what becomes of the machine.
import { describe, expect, test } from "vitest";
import { HostCallError, KiB, MACHINE_CONTROL, MiB, RUN_STATES, type HostErrno, type HostFault } from "backplane";
import { withMachine } from "backplane/kit";
import { BUCKET, PAGE, Rig, xenMachine } from "./rig.ts";

const ERRNOS: readonly HostErrno[] = ["ENOSPC", "ENOMEM", "EINVAL", "EIO"];
const table = (call: string, nths: readonly number[] = [1, 2, 3]) =>
  nths.flatMap((nth) => ERRNOS.map((errno) => ({ call, nth, errno })));

/** Runs with a fault, and hears of blocks and mappings as somebody who came later does. */
async function under<T>(fault: HostFault, story: (rig: Rig) => T, options: object = {}): Promise<T> {
  return withMachine(xenMachine({ ...options, faults: [fault] }), async (machine, log) => {
    const rig = new Rig(machine, log);
    const listening = rig.listen();
    try {
      return story(rig);
    } finally {
      // Whatever failed: subscribers know exactly the windows that there are.
      const windows = rig.cache.caches().flatMap(({ entries }) => entries);
      const announced = windows.filter((entry) => entry.announced).map(({ hostAddress }) => hostAddress);
      expect(new Set(rig.announced.map(({ hostAddress }) => hostAddress))).toEqual(new Set(announced));
      await listening.dispose();
    }
  });
}

/** What each step says: nothing, or why not. */
const steps = (rig: Rig, ...all: (() => unknown)[]): (string | undefined)[] =>
  all.map((step) => {
    try {
      step();
      return undefined;
    } catch (failure) {
      return failure instanceof Error ? failure.message : String(failure);
    }
  });
const only = (nth: number, text: string): (string | undefined)[] =>
  [1, 2, 3].map((number) => (number === nth ? text : undefined));
const words = ({ call, errno }: HostFault): string => new HostCallError(call, errno).text;

describe("gnttabOpen", () => {
  test.each(table("gnttabOpen", [1]))("$errno: the machine refuses to start", async (fault) => {
    await expect(under(fault, () => undefined)).rejects.toThrow("mapcache: Failed to open gnttab device");
  });
});

describe("populatePhysmap", () => {
  test.each(table("populatePhysmap"))("$nth, $errno: the block is refused, others come", (fault) =>
    under(fault, (rig) => {
      const plug = (name: string) => () => rig.plug(name, 64 * KiB);
      const said = steps(rig, plug("a"), plug("b"), plug("c"));
      expect(said[fault.nth - 1]).toContain("xen: failed to populate ram at ");
      expect(said.filter((text) => text !== undefined)).toHaveLength(1);
      // What was refused leaves its place to the next one.
      expect([rig.map(0) !== undefined, rig.map(4 * BUCKET) !== undefined]).toEqual([true, true]);
    }),
  );
});

describe("foreignMap", () => {
  test.each(table("foreignMap"))("$nth, $errno: there is no such window; the next try has one", (fault) =>
    under(fault, (rig) => {
      rig.plug("ram", MiB);
      const map = (bucket: number) => () => rig.mapped(bucket * BUCKET, { lock: true, size: 1 });
      expect(steps(rig, map(0), map(1), map(2))).toEqual(only(fault.nth, `xenforeignmemory_map2: ${words(fault)}`));
      expect(rig.windows()).toHaveLength(2);
      map(fault.nth - 1)();
      expect(rig.windows()).toHaveLength(3);
    }),
  );

  test.each(table("foreignMap", [2]))("$errno while a window is to show other memory: it is what it was", (fault) =>
    under(fault, (rig) => {
      const block = rig.plug("ram", MiB).ramBlock;
      block?.host.writeUint(0, 1, 1);
      const at = rig.mapped(0, { lock: true, size: 1 });
      expect(() => rig.cache.replace(0, BUCKET, 1)).toThrow(words(fault));
      expect([rig.read(at), rig.cache.ramAddressOf(at), rig.announced.length]).toEqual([1, 0, 1]);
    }),
  );
});

describe("foreignUnmap", () => {
  test.each(table("foreignUnmap"))("$nth, $errno: the host keeps the window; the cache does not", (fault) =>
    under(fault, (rig) => {
      rig.plug("ram", MiB);
      const held = [0, 1, 2].map((bucket) => rig.mapped(bucket * BUCKET, { lock: true, size: 1 }));
      const said = steps(rig, ...held.map((at) => () => rig.cache.invalidateEntry(at)));
      expect(said).toEqual(only(fault.nth, `unmap fails: ${words(fault)}`));
      expect([rig.windows(), rig.announced]).toEqual([[], []]);
    }),
  );

  test.each(table("foreignUnmap", [2]))("$errno in an invalidation of all: the others go", (fault) =>
    under(fault, (rig) => {
      rig.plug("ram", MiB);
      for (const bucket of [0, 1, 2]) rig.mapped(bucket * BUCKET);
      expect(() => rig.cache.invalidate()).toThrow("unmap fails");
      expect(rig.windows()).toEqual([]);
    }),
  );

  test.each(table("foreignUnmap", [1]))("$errno when a block goes: the block goes, and its window", (fault) =>
    under(fault, (rig) => {
      const region = rig.plug("ram", MiB);
      rig.mapped(0);
      expect(() => rig.unplug(region)).toThrow("unmap fails");
      expect([rig.windows(), rig.map(0)]).toEqual([[], undefined]);
    }),
  );
});

describe("grants", () => {
  const window = { grant: true, lock: true, size: 1 };

  test.each(table("grantMap"))("grantMap $nth, $errno: the grant is not mapped", (fault) =>
    under(fault, (rig) => {
      rig.plug("ram", MiB);
      const numbers = [20, 21, 22];
      for (const ref of numbers) rig.qmp("x-xen-domain-grant", { ref, address: 0 });
      const said = steps(rig, ...numbers.map((ref) => () => rig.mapped(ref * PAGE, window)));
      expect(said).toEqual(only(fault.nth, `xengnttab_map_domain_grant_refs: ${words(fault)}`));
      rig.qmp("x-xen-domain-end-grant", { ref: 19 + fault.nth });
    }),
  );

  test.each(table("grantUnmap", [1]))("grantUnmap $errno: the guest does not get its page back", (fault) =>
    under(fault, (rig) => {
      rig.plug("ram", MiB);
      rig.qmp("x-xen-domain-grant", { ref: 20, address: 0 });
      const at = rig.mapped(20 * PAGE, window);
      expect(() => rig.cache.invalidateEntry(at)).toThrow(`unmap fails: ${words(fault)}`);
      expect(() => rig.qmp("x-xen-domain-end-grant", { ref: 20 })).toThrow("Device or resource busy");
    }),
  );
});

describe("decreaseReservation", () => {
  test.each(table("decreaseReservation", [1]))("$errno: the guest keeps its page", (fault) =>
    under(fault, (rig) => {
      const block = rig.plug("ram", MiB).ramBlock;
      block?.host.writeUint(0, 1, 1);
      const give = () => rig.qmp("x-xen-domain-balloon", { address: 0, size: PAGE, out: true });
      expect(give).toThrow(`xc_domain_decrease_reservation_exact: ${words(fault)}`);
      expect(rig.read(rig.mapped(0))).toBe(1);
    }),
  );
});

describe("anonymousMap", () => {
  test.each(table("anonymousMap", [1]))("$errno: nothing stands in for what has not come yet", (fault) =>
    under(fault, (rig) => {
      rig.machine.service(RUN_STATES).set("inmigrate");
      expect(() => rig.map(0)).toThrow(`mmap: ${words(fault)}`);
      expect(rig.windows()).toEqual([]);
    }),
  );
});

test("with `failures: qemu-10.0` the machine ends, as the peer does", () =>
  under(
    { call: "foreignMap", nth: 1, errno: "ENOMEM" },
    (rig) => {
      rig.plug("ram", MiB);
      expect(() => rig.map(0)).toThrow("Cannot allocate memory");
      expect(rig.machine.service(MACHINE_CONTROL).leaving).toBe("host-error");
      expect(rig.log.filter(({ level }) => level === "error").map(({ message }) => message)).toEqual([
        "xenforeignmemory_map2: Cannot allocate memory",
      ]);
    },
    { failures: "qemu-10.0" },
  ));
