import { expect, test } from "vitest";
import { COMMANDS, guestAddress, Machine, SYSTEM_MEMORY, type HostAddress } from "backplane";
import { machineTypes } from "../../../machines/index.ts";
import { definitionOf } from "../../machines/golden-machine.ts";
import { Rig } from "./rig.ts";

const client = { id: "test", onClose: () => ({ dispose: () => undefined }) };

test("a PC under Xen: windows on all its memory, in the human monitor as well", async () => {
  const bare = definitionOf(["-M", "q35", "-nodefaults", "-m", "6G"]);
  const definition = { ...bare, options: { ...bare.options, "xen-mapcache": { value: {} } } };
  const machine = await Machine.create(definition, { types: machineTypes });
  try {
    const rig = new Rig(machine, []);
    // Ram-address space has no hole: what the guest has at 5 GiB lies 3 GiB into the block.
    machine.service(SYSTEM_MEMORY).write(guestAddress(5 * 2 ** 30), Uint8Array.of(7));
    const at = rig.mapped(3 * 2 ** 30, { lock: true, size: 2 ** 20 });
    expect(rig.read(at)).toBe(7);
    rig.write((at + 1) as HostAddress, 8);
    expect(machine.service(SYSTEM_MEMORY).load(guestAddress(5 * 2 ** 30 + 1), 1)).toBe(8);
    const human = machine.service(COMMANDS).find("human-monitor-command");
    const text = await human?.run({ "command-line": "info xen-mapcache" }, client);
    expect(text).toMatch(/^foreign: 32768 buckets of 0x100000, 0x100000 of 0x800000000 mapped\r?$/m);
    expect(text).toMatch(/^  0x00000000c0000000 0x100000 at 0x[0-9a-f]{16}, 256\/256 pages, 1 locks \(0 dma\)\r?$/m);
    rig.cache.invalidateEntry(at);
  } finally {
    await machine.dispose();
  }
});

test("a domain without pages: the machine's own memory is refused in the words of any other", async () => {
  const bare = definitionOf(["-M", "q35", "-nodefaults", "-m", "64M"]);
  const definition = { ...bare, options: { ...bare.options, "xen-mapcache": { value: { "max-pages": 0 } } } };
  const built = Machine.create(definition, { types: machineTypes });
  await expect(built).rejects.toThrow("xen: failed to populate ram at 0");
});
