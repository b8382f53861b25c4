import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { withMachine } from "backplane/kit";
import { FDSETS } from "backplane/plugins/fdset/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addFdOption } from "../../../plugins/fdset/command-line.ts";
import fdset from "../../../plugins/fdset/index.ts";
import { monitorPlugins, TestClient } from "../qmp/client.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "fdset-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const open = (flags: string): number => openSync(path.join(folder, "file"), flags);
const isOpen = (fd: number): boolean => {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
};
const machineWith = (fds: readonly object[]) => ({
  with: [fdset, ...monitorPlugins],
  options: { fdset: { value: { fds } } },
});

describe("a set", () => {
  test("lends the descriptor that was opened as it is to be used", async () => {
    const [writing, reading] = [open("w"), open("r")];
    const fds = [
      { fd: writing, set: 3 },
      { fd: reading, set: 3, opaque: "ro" },
    ];
    await withMachine(machineWith(fds), (machine) => {
      const sets = machine.service(FDSETS);
      expect(sets.names("/dev/fdset/3")).toBe(true);
      expect(sets.names("/tmp/x")).toBe(false);
      expect(sets.open("/dev/fdset/3", "read").fd).toBe(reading);
      expect(sets.open("/dev/fdset/3", "write").fd).toBe(writing);
      expect(() => sets.open("/dev/fdset/3", "read-write")).toThrow(
        "Failed to find file descriptor with matching flags=0x2",
      );
      expect(() => sets.open("/dev/fdset/4", "read")).toThrow("Failed to find fdset /dev/fdset/4");
      expect(() => sets.open("/dev/fdset/x", "read")).toThrow("Failed to find fdset /dev/fdset/x");
    });
  });

  test("keeps a descriptor that it has let go until nobody uses it", async () => {
    const fd = open("w+");
    await withMachine(machineWith([{ fd, set: 0 }]), async (machine) => {
      const lent = machine.service(FDSETS).open("/dev/fdset/0", "read-write");
      const client = new TestClient(machine);
      client.negotiate();
      client.send({ execute: "query-fdsets" });
      client.send({ execute: "remove-fd", arguments: { "fdset-id": 0, fd } });
      client.send({ execute: "query-fdsets" });
      client.send({ execute: "remove-fd", arguments: { "fdset-id": 0 } });
      expect(client.take()).toEqual([
        `{"return": [{"fds": [{"fd": ${fd}}], "fdset-id": 0}]}`,
        '{"return": {}}',
        '{"return": []}',
        `{"error": {"class": "GenericError", "desc": "File descriptor named 'fdset-id:0' not found"}}`,
      ]);
      expect(isOpen(fd)).toBe(true);
      await lent.dispose();
      await lent.dispose();
      expect(isOpen(fd)).toBe(false);
    });
  });

  test("closes what it still has with the machine", async () => {
    const fd = open("w+");
    await withMachine(machineWith([{ fd, set: 0 }]), () => undefined);
    expect(isOpen(fd)).toBe(false);
  });

  test("takes no descriptor twice, and none that is closed", async () => {
    const fd = open("w+");
    const twice = machineWith([
      { fd, set: 0 },
      { fd, set: 1 },
    ]);
    await expect(withMachine(twice, () => undefined)).rejects.toThrow("fd is not valid or already in use");
    const closed = open("r");
    closeSync(closed);
    await expect(withMachine(machineWith([{ fd: closed, set: 0 }]), () => undefined)).rejects.toThrow(
      "fd is not valid or already in use",
    );
  });
});

test.each<[string, { key: string; value: string }[]]>([
  ["fd option is required and must be non-negative", [{ key: "set", value: "1" }]],
  ["fd cannot be a standard I/O stream", [{ key: "fd", value: "2" }]],
  ["Parameter 'fd' expects a number", [{ key: "fd", value: "x" }]],
  ["set option is required and must be non-negative", [{ key: "fd", value: "9" }]],
  ["Invalid parameter 'foo'", [{ key: "foo", value: "1" }]],
])("-add-fd: %s", (message, pairs) => {
  expect(() => addFdOption.toOptions([{ text: "-add-fd …", argument: "…", pairs }])).toThrow(message);
});
