import { describe, expect, test } from "vitest";
import { byteLength, KiB, RAM_BLOCK_NOTIFIERS, RAM_LIST, type HostErrno } from "backplane";
import { withRegistrar } from "./registrar-bench.ts";

const ERRNOS: readonly HostErrno[] = ["ENOSPC", "ENOMEM", "EINVAL", "EIO"];
/** What a registrar that opens over two blocks asks of the host before a third comes. */
const CALLS = [
  ["setup", 1],
  ["registerBuffers", 1],
  ["updateBuffer", 1],
  ["updateBuffer", 2],
  ["updateBuffer", 3],
] as const;

const table = CALLS.flatMap(([call, nth]) => ERRNOS.map((errno) => ({ call, nth, errno })));

describe("a host that fails", () => {
  test.each(table)("$call no. $nth with $errno: nothing stays registered, and the machine goes on", (fault) =>
    withRegistrar({ faults: [fault] }, ({ machine, open, ram, outstanding, log }) => {
      const heard: string[] = [];
      const later = machine.service(RAM_BLOCK_NOTIFIERS).add({
        name: "later",
        ramBlockAdded: () => void heard.push("added"),
        ramBlockRemoved: () => void heard.push("removed"),
      });
      ram("one", byteLength(4 * KiB));
      ram("two", byteLength(8 * KiB));
      const registrar = open();
      const three = ram("three", byteLength(16 * KiB));
      expect(registrar.ok).toBe(false);
      expect(log.filter(({ level }) => level === "error")).toHaveLength(1);
      expect(outstanding()).toEqual({ rings: 0, buffers: 0, "locked bytes": 0 });
      machine.service(RAM_LIST).free(three);
      expect(heard).toEqual(["added", "added", "added", "removed"]);
      void later.dispose();
    }),
  );

  // What cannot be unregistered goes with the ring, at the latest.
  const unregistering = [
    ["updateBuffer", 3],
    ["unregisterBuffers", 1],
  ] as const;
  test.each(unregistering.flatMap(([call, nth]) => ERRNOS.map((errno) => ({ call, nth, errno }))))(
    "$call no. $nth with $errno while it unregisters",
    (fault) =>
      withRegistrar({ faults: [fault] }, ({ machine, open, ram, outstanding, machineLog }) => {
        const one = ram("one", byteLength(4 * KiB));
        ram("two", byteLength(8 * KiB));
        const registrar = open();
        machine.service(RAM_LIST).free(one);
        expect(registrar.ok).toBe(true);
        expect(registrar.buffers).toBe(1);
        void registrar.dispose();
        const { call, errno } = fault;
        expect(machineLog.filter(({ level }) => level === "warn").map(({ details }) => details)).toEqual([
          expect.objectContaining({ call, errno }),
        ]);
        expect(outstanding()).toEqual({ rings: 0, buffers: 0, "locked bytes": 0 });
      }),
  );
});

test("a fault in a call that the host does not have is refused", async () => {
  await expect(withRegistrar({ faults: [{ call: "mapDma", nth: 1, errno: "EIO" }] }, () => undefined)).rejects.toThrow(
    "block-ram-registrar has no call 'mapDma'; it has: setup, registerBuffers, updateBuffer, unregisterBuffers",
  );
});
