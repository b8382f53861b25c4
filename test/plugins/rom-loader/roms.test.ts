import { BLOCK_ACCESS, guestAddress, RAM_BLOCK_NOTIFIERS, SYSTEM_MEMORY, type Machine } from "backplane";
import { describe, expect, test } from "vitest";
import { FW_CFG } from "../../../plugins/fw-cfg/contract.ts";
import { ROM_LOADER, type RomBlob } from "../../../plugins/rom-loader/contract.ts";
import { withPlatform } from "../pc-memory/platform.ts";

const PAGE = 4096;

function addBlob(machine: Machine, contents: Uint8Array, onSelect?: () => void): RomBlob {
  const options = { maxLength: 16 * PAGE, ...(onSelect === undefined ? {} : { onSelect }) };
  return machine.service(ROM_LOADER).addBlob("etc/test", contents, options);
}

describe("a blob", () => {
  test("is a resizeable, read-only block that migration carries, and a file of its exact length", () =>
    withPlatform({}, (machine) => {
      const blob = addBlob(machine, Buffer.alloc(20, 7));
      const { idstr, usedLength, maxLength, migratable, flags, region } = blob.block;
      expect({ idstr, usedLength, maxLength, migratable }).toEqual({
        idstr: "/rom@etc/test",
        usedLength: PAGE,
        maxLength: 16 * PAGE,
        migratable: true,
      });
      expect([flags.resizeable, region.readonly, blob.file.size, blob.length]).toEqual([true, true, 20, 20]);
      expect(machine.service(ROM_LOADER).blob("etc/test")).toBe(blob);
    }));

  test("grows: notifiers hear it before the file's size moves", () =>
    withPlatform({}, (machine) => {
      const blob = addBlob(machine, Buffer.alloc(PAGE, 1));
      const seen: unknown[] = [];
      const notifier = machine.service(RAM_BLOCK_NOTIFIERS).add({
        name: "test",
        ramBlockResized: (block, change) => void seen.push([block.idstr, change.from, change.to, blob.file.size]),
      });
      blob.update(Buffer.alloc(PAGE + 1, 2));
      blob.update(Buffer.alloc(PAGE + 2, 3));
      void notifier.dispose();
      expect(seen).toEqual([["/rom@etc/test", PAGE, 2 * PAGE, PAGE]]);
      expect(blob.file.size).toBe(PAGE + 2);
      expect([...blob.read()]).toEqual(Array.from({ length: PAGE + 2 }, () => 3));
    }));

  test("after a reset has its first contents again, in the size that it has grown to", () =>
    withPlatform({}, (machine) => {
      const blob = addBlob(machine, Buffer.alloc(PAGE, 1));
      blob.update(Buffer.alloc(3 * PAGE, 2));
      machine.reset("host-qmp-system-reset");
      expect(blob.block.usedLength).toBe(3 * PAGE);
      const bytes = blob.read();
      expect(bytes.subarray(0, PAGE).every((byte) => byte === 1)).toBe(true);
      expect(bytes.subarray(PAGE).every((byte) => byte === 0)).toBe(true);
    }));

  test("may be rebuilt inside the select that wants to read it", () =>
    withPlatform({}, (machine) => {
      const blob: RomBlob = addBlob(machine, Buffer.alloc(2), () => blob.update(Buffer.from("rebuilt")));
      const fwCfg = machine.service(FW_CFG);
      fwCfg.select(blob.file.key);
      expect(Buffer.from(fwCfg.read(7)).toString()).toBe("rebuilt");
    }));

  test("beyond its maximum is refused and stays as it is", () =>
    withPlatform({}, (machine) => {
      const blob = addBlob(machine, Buffer.from("kept"));
      expect(() => blob.update(new Uint8Array(17 * PAGE))).toThrow(/Size too large: \/rom@etc\/test/);
      expect(Buffer.from(blob.read()).toString()).toBe("kept");
    }));

  test("keeps its contents when a notifier throws, though the update says so", () =>
    withPlatform({}, (machine) => {
      const blob = addBlob(machine, Buffer.alloc(PAGE, 1));
      const notifier = machine.service(RAM_BLOCK_NOTIFIERS).add({
        name: "test",
        ramBlockResized() {
          throw new Error("no");
        },
      });
      expect(() => blob.update(Buffer.alloc(2 * PAGE, 2))).toThrow();
      void notifier.dispose();
      expect(blob.read().every((byte) => byte === 2)).toBe(true);
    }));
});

describe("ROMs at addresses", () => {
  test("are written at every reset, read-only memory or not", () =>
    withPlatform({}, (machine) => {
      const address = guestAddress(0x5000);
      machine.service(ROM_LOADER).addAtAddress("test.rom", address, Buffer.from("rom"));
      const memory = machine.service(SYSTEM_MEMORY);
      const read = (): string => {
        const bytes = Buffer.alloc(3);
        memory.read(address, bytes);
        return bytes.toString();
      };
      machine.reset("host-qmp-system-reset");
      expect(read()).toBe("rom");
      memory.write(address, Buffer.from("xyz"));
      machine.reset("host-qmp-system-reset");
      expect(read()).toBe("rom");
    }));

  test("are listed by address, behind those that have none", () =>
    withPlatform({}, (machine) => {
      const roms = machine.service(ROM_LOADER);
      roms.addAtAddress("b", guestAddress(0x9000), new Uint8Array(4));
      roms.addAtAddress("a", guestAddress(0x8000), new Uint8Array(2));
      addBlob(machine, new Uint8Array(1));
      expect(roms.list().map(({ name, kind, size }) => `${kind} ${name} ${size}`)).toEqual([
        "fw kvmvapic.bin 9216",
        "address a 2",
        "address b 4",
        "address bios-256k.bin 262144",
        "block etc/test 65536",
      ]);
    }));

  test("an option ROM is a file without a block", () =>
    withPlatform({}, (machine) => {
      machine.service(ROM_LOADER).addOptionRom("extra.bin", Buffer.from("option"));
      const fwCfg = machine.service(FW_CFG);
      fwCfg.select(fwCfg.file("genroms/extra.bin")?.key ?? 0);
      expect(Buffer.from(fwCfg.read(6)).toString()).toBe("option");
      expect(machine.has(BLOCK_ACCESS)).toBe(true);
    }));
});
