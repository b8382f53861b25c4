import { expect, test } from "vitest";
import { COMMANDS, guestAddress, Machine, SYSTEM_MEMORY } from "backplane";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { NVMM } from "backplane/plugins/nvmm/contract";
import { machineTypes } from "../../../machines/index.ts";
import { definitionOf } from "../../machines/golden-machine.ts";

const client = { id: "test", onClose: () => ({ dispose: () => undefined }) };

async function withPc(args: readonly string[], test: (machine: Machine) => Promise<void> | void): Promise<void> {
  const bare = definitionOf(["-M", "q35", "-nodefaults", ...args]);
  const definition = { ...bare, options: { ...bare.options, nvmm: { value: {} } } };
  const machine = await Machine.create(definition, { types: machineTypes });
  try {
    await test(machine);
  } finally {
    await machine.dispose();
  }
}

test("a guest of a PC sees its memory as the firmware has left it", () =>
  withPc(["-m", "6G", "-smp", "2", "-device", "VGA"], async (machine) => {
    machine.cont();
    await machine.idle();
    const nvmm = machine.service(NVMM);
    const memory = machine.service(SYSTEM_MEMORY);
    const ram = memory.ranges().filter(({ region }) => region.kind === "ram" || region.kind === "rom");
    expect(ram.length).toBeGreaterThan(5);
    for (const { start, length } of ram) {
      for (const at of [start, start + length - 64]) {
        const [seen, there] = [new Uint8Array(64), new Uint8Array(64)];
        memory.read(guestAddress(at), there);
        expect(nvmm.guestRead(at, seen), `0x${at.toString(16)}`).toBe(true);
        expect(seen).toEqual(there);
      }
    }
    expect(nvmm.vcpus()).toEqual([0, 1]);
    expect(nvmm.guestRead(0xfec0_0000, new Uint8Array(4))).toBe(false);
    const human = machine.service(COMMANDS).find("human-monitor-command");
    const text = await human?.run({ "command-line": "info nvmm" }, client);
    expect(text).toMatch(/^hva 0x[0-9a-f]{16} 0x180000000 pc.ram\r?$/m);
    expect(text).toMatch(/^gpa 0x0000000100000000 0x100000000 rwx 0x[0-9a-f]{16} pc.ram\r?$/m);
  }));

test("it does not migrate", () =>
  withPc([], async (machine) => {
    const migrate = machine.service(COMMANDS).find("migrate");
    await expect(async () => migrate?.run({ uri: "exec:cat >/dev/null" }, client)).rejects.toThrow(
      "NVMM: Migration not supported",
    );
    expect(machine.service(MIGRATION).status).toBe("none");
  }));

test("without the key there is nothing of it", async () => {
  const machine = await Machine.create(definitionOf(["-M", "q35", "-nodefaults"]), { types: machineTypes });
  expect([machine.has(NVMM), machine.service(COMMANDS).find("x-query-nvmm")]).toEqual([false, undefined]);
  await machine.dispose();
});
