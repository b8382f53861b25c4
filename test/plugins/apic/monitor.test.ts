// The texts are those of QEMU 10.0.2 with `-accel qtest -machine q35 -nodefaults`.
import { describe, expect, test } from "vitest";
import { checkArguments, COMMANDS } from "backplane";
import { LOCAL_APICS, SYSTEM_INTERRUPTS } from "backplane/plugins/apic/contract";
import { HUMAN_COMMANDS } from "backplane/plugins/hmp/contract";
import { q35, withBoard, type Board } from "../pci/board.ts";

const show = (board: Board, line: string): Promise<string> => board.machine.service(HUMAN_COMMANDS).execute(line);

describe("info pic", () => {
  const pin = (number: number): string =>
    `  pin ${String(number).padEnd(2)} 0x0000000000010000 dest=0 vec=0   active-hi edge  masked fixed  physical\n`;
  // In which order they come depends on all objects beside them.
  const pics = [0, 1].map((pic) => `pic${pic}: irr=00 imr=00 isr=00 hprio=0 irq_base=00 rr_sel=0 elcr=00 fnm=0`);
  const ioapic =
    `ioapic0: ver=0x20 id=0x00 sel=0x00\n${Array.from({ length: 24 }, (_, number) => pin(number)).join("")}` +
    "  IRR      (none)\n  Remote IRR (none)\n";

  test("after a reset", () =>
    withBoard(q35(), async (board) => {
      const text = await show(board, "info pic");
      expect(text.split("\n")).toEqual(expect.arrayContaining(pics));
      expect(text).toContain(ioapic);
      const query = board.machine.service(COMMANDS).find("x-query-interrupt-controllers");
      const client = { id: "test", onClose: () => ({ dispose: () => undefined }) };
      expect(await query?.run(checkArguments(query.arguments, {}), client)).toEqual({ "human-readable-text": text });
    }));

  test("of a pin that is in service, and a register that is selected", () =>
    withBoard(q35(), async (board) => {
      board.store(0xfec0_0000, 0x10 + 2 * 20);
      board.store(0xfec0_0010, 0xa955);
      board.machine.service(SYSTEM_INTERRUPTS).line(20).set(true);
      const text = await show(board, "info pic");
      expect(text).toContain("sel=0x38 (redir[20])\n");
      expect(text).toContain("  pin 20 0x000000000000e955 dest=0 vec=85  active-lo level        lowest logical\n");
      expect(text).toContain("  IRR      20 \n  Remote IRR 20 \n");
    }));
});

test("info irq counts how often an input was raised", () =>
  withBoard(q35(), async (board) => {
    const line = board.machine.service(SYSTEM_INTERRUPTS).line(12);
    for (const level of [true, true, false, true]) line.set(level);
    expect(await show(board, "info irq")).toBe(
      "IRQ statistics for isa-i8259:\n 0: 1\n 2: 1\n12: 2\nIRQ statistics for ioapic:\n 0: 1\n12: 2\n",
    );
  }));

describe("info lapic", () => {
  const entry = (name: string, kind = ""): string =>
    `${name}\t 0x00010000 active-hi edge  masked         ${kind.padEnd(12)} Fixed  (vec 0)\n`;
  const reset = (processor: number, ids: string): string =>
    `dumping local APIC state for CPU ${processor} \n\n` +
    ["LVT0", "LVT1", "LVTPC", "LVTERR", "LVTTHMR"].map((name) => entry(name)).join("") +
    entry("LVTT", "one-shot") +
    "Timer\t DCR=0x0 (divide by 2) initial_count = 0 current_count = 0\n" +
    "SPIV\t 0x000000ff APIC disabled, focus=off, spurious vec 255\n" +
    `ICR\t 0x00000000 physical edge de-assert no-shorthand\nICR2\t 0x00000000 cpu 0 (${ids})\n` +
    "ESR\t 0x00000000\nISR\t (none)\nIRR\t (none)\n\n" +
    "APR 0x00 TPR 0x00 DFR 0x0f LDR 0x00 PPR 0x00\n";

  test.each([
    ["info lapic", "qemu64", reset(0, "APIC ID")],
    ["info lapic 1", "max", reset(1, "X2APIC ID")],
    ["info lapic 7", "max", "No CPU available\n"],
  ])("%s with -cpu %s after a reset", (line, model, text) =>
    withBoard(q35("-smp", "2", "-cpu", model), async (board) => {
      expect(await show(board, line)).toBe(text);
    }),
  );

  test("of one in use", () =>
    withBoard(q35(), async (board) => {
      const [apic] = board.machine.service(LOCAL_APICS).all();
      apic?.write(0xf0, 0x1ff);
      apic?.write(0xe0, 0);
      apic?.write(0xd0, 0x2100_0000);
      apic?.write(0x310, 0x3200_0000);
      apic?.write(0x300, 0x4_4c41);
      board.store(0xfee0_0000, 0x8055);
      apic?.acknowledge();
      board.store(0xfee0_0000, 0x31);
      const text = await show(board, "info lapic");
      expect(text).toContain("SPIV\t 0x000001ff APIC enabled,");
      expect(text).toContain("ICR\t 0x00044c41 logical edge assert self\nICR2\t 0x32000000\n");
      expect(text).toContain("ISR\t 85(level) \nIRR\t 49 \n");
      expect(text).toContain("DFR 0x00 LDR 0x21(cluster 2: id 1) PPR 0x50\n");
    }));
});
