// Texts and numbers are the peer's.
import { describe, expect, test } from "vitest";
import { CPUS } from "../../../plugins/x86-cpu/contract.ts";
import { withPlatform } from "../pc-memory/platform.ts";

const cpu = (model: string) => ({ cpu: { topology: {}, model }, paused: true });

/** Warnings and the error, as the peer prints them. */
async function said(model: string): Promise<string[]> {
  const lines: string[] = [];
  try {
    await withPlatform(cpu(model), (_machine, log) => {
      lines.push(...log.filter(({ level }) => level === "warn").map(({ message }) => message));
    });
  } catch (error) {
    lines.push((error as Error).message);
  }
  return lines;
}

describe("what stands behind a model's name", () => {
  test.each<[string, string[]]>([
    ["qemu64,foo=on", ["can't apply global qemu64-x86_64-cpu.foo=on: Property 'qemu64-x86_64-cpu.foo' not found"]],
    [
      "qemu64,foo_bar",
      ["can't apply global qemu64-x86_64-cpu.foo-bar=on: Property 'qemu64-x86_64-cpu.foo-bar' not found"],
    ],
    ["qemu64,+foo", ["Property 'qemu64-x86_64-cpu.foo' not found"]],
    ["qemu64,-foo", ["Property 'qemu64-x86_64-cpu.foo' not found"]],
    [
      "qemu64,x2apic=maybe",
      ["can't apply global qemu64-x86_64-cpu.x2apic=maybe: Parameter 'x2apic' expects 'on' or 'off'"],
    ],
    [
      "qemu64,family=70000",
      ["can't apply global qemu64-x86_64-cpu.family=70000: parameter 'family' can be at most 270"],
    ],
    [
      "qemu64,vendor=ab",
      [
        "can't apply global qemu64-x86_64-cpu.vendor=ab: value of property 'vendor' must consist of exactly 12 characters",
      ],
    ],
    ["qemu64,phys-bits=20", ["phys-bits should be between 32 and 52  (but is 20)"]],
    ["qemu64,lm=off,phys-bits=40", ["phys-bits is not user-configurable in 32 bit"]],
    ["qemu64,guest-phys-bits=41", ["guest-phys-bits should be between 32 and 40  (but is 41)"]],
    ["qemu64,socket-id=1", ["property socket-id: 1 doesn't match set apic-id: 0x0 (socket-id: 0)"]],
    ["qemu64,tsc-freq=x", ["bad numerical value x"]],
    ["qemu64,tsc_freq=2G,,", []],
    ["qemu64,+hle", ["TCG doesn't support requested feature: CPUID.07H:EBX.hle [bit 4]"]],
    ["qemu64,+hle,-hle", []],
    ["Haswell,check=off", []],
    ["qemu64,hle=on,enforce", ["TCG doesn't support requested features"]],
    [
      "qemu64,svm=off,npt=on",
      ["This feature depends on other features that were not requested: CPUID.8000000AH:EDX.npt [bit 0]"],
    ],
    [
      "qemu64,+x2apic,x2apic=off",
      [
        `Ambiguous CPU model string. Don't mix both "+x2apic" and "x2apic=off"`,
        "Compatibility of ambiguous CPU model strings won't be kept on future QEMU versions",
      ],
    ],
  ])("%s", async (model, expected) => {
    expect(await said(model)).toEqual(expected);
  });

  test("changes what the processor is", () =>
    withPlatform(cpu("qemu64,family=6,stepping=3,vendor=GenuineIntel,-sse2,lm=off"), (machine) => {
      const { identity, physBits } = machine.service(CPUS);
      expect(identity.vendor).toBe("GenuineIntel");
      expect(identity.signature & 0xf0f).toBe(0x603);
      expect(identity.features & (1 << 26)).toBe(0);
      expect([identity.longMode, physBits]).toEqual([false, 36]);
    }));

  test("a model with x2apic may have more than 255 processors", () =>
    withPlatform({ cpu: { topology: { cpus: 1, maxcpus: 300 }, model: "qemu64,+x2apic" } }, (machine) => {
      expect(machine.service(CPUS).apicIdLimit).toBe(300);
    }));
});
