// The test protocol on whole machines, from the command line. What is expected was told by QEMU 10.0.2 with `-accel qtest`.
import { describe, expect, test } from "vitest";
import { System } from "../cli/system.ts";

class Client {
  readonly system: System;
  #asked = 0;

  constructor(...args: readonly string[]) {
    this.system = new System(["-display", "none", "-nodefaults", "-qtest", "stdio", "-qtest-log", "none", ...args]);
  }

  /** Sends a line and returns what came since the last answer, the answer last. */
  async ask(line: string): Promise<string[]> {
    const { stdin, stdout } = this.system;
    const begin = stdout.text.length;
    stdin.write(`${line}\n`);
    const answered = (text: string): boolean => /^(?:OK|FAIL|ERR).*\n/m.test(text.slice(begin));
    await Promise.race([stdout.until(answered), this.system.status]);
    const told = stdout.text.slice(this.#asked).split("\n").slice(0, -1);
    this.#asked = stdout.text.length;
    return told;
  }

  async conversation(...lines: readonly string[]): Promise<string[]> {
    const told: string[] = [];
    for (const line of lines) told.push(...(await this.ask(line)));
    return told;
  }

  async leave(): Promise<number> {
    this.system.signal(15);
    return this.system.status;
  }
}

async function withClient(args: readonly string[], run: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client(...args);
  try {
    await run(client);
  } finally {
    expect(await client.leave()).toBe(0);
  }
}

const Q35 = ["-machine", "q35", "-accel", "qtest"];

describe("with -accel qtest", () => {
  test("no guest runs, and the clock stands until it is moved", () =>
    withClient(Q35, async (client) => {
      expect(await client.conversation("endianness", "readl 0xfec00000", "clock_step", "clock_set 50")).toEqual([
        "OK little",
        "OK 0x0000000000000000",
        // The interval timer's first change, half a period after reset.
        "OK 27462700",
        "FAIL 27462700",
      ]);
    }));

  test("the interval timer interrupts at input 0 of the I/O APIC, 18.2 times a second", () =>
    withClient(Q35, async (client) => {
      expect(await client.conversation("irq_intercept_in ioapic", "clock_step", "clock_step", "clock_step")).toEqual([
        "OK",
        "IRQ raise 0",
        "OK 27462700",
        "IRQ lower 0",
        // Rounded down, the change is not there yet; it comes a nanosecond later.
        "OK 27462701",
        "OK 54925401",
      ]);
    }));

  test.each([
    [
      "the first 8259",
      "irq_intercept_out /machine/unattached/device[3]",
      "set_irq_in /machine/unattached/device[3] unnamed-gpio-in 5 1",
      "IRQ raise 0",
    ],
    [
      "the second 8259, through the first",
      "irq_intercept_out /machine/unattached/device[3]",
      "set_irq_in /machine/unattached/device[4] unnamed-gpio-in 3 1",
      "IRQ raise 0",
    ],
    ["the LPC bridge", "irq_intercept_out /machine/unattached/device[2] gsi", "outb 0xcd8 0", undefined],
    [
      "the high precision timers",
      "irq_intercept_in /machine/unattached/device[5]",
      "set_irq_in /machine/unattached/device[5] unnamed-gpio-in 1 1",
      "IRQ raise 1",
    ],
    ["the clock", "irq_intercept_out /machine/unattached/device[2]/rtc", "inb 0x71", undefined],
  ])("pins of %s", (_name, intercept, act, message) =>
    withClient(Q35, async (client) => {
      const told = await client.conversation(intercept, act);
      expect(told[0]).toBe("OK");
      expect(told.slice(1, -1)).toEqual(message === undefined ? [] : [message]);
    }),
  );

  test("a machine without devices has the protocol, too", () =>
    withClient(["-machine", "none", "-accel", "qtest"], async (client) => {
      expect(await client.conversation("irq_intercept_in ioapic", "clock_step 5", "inw 0x70")).toEqual([
        "FAIL Unknown device",
        "OK 5",
        "OK 0xffff",
      ]);
    }));
});

test("beside a guest that stands, registers are read, and time is not the client's", () =>
  withClient(["-machine", "q35,accel=tcg", "-S"], async (client) => {
    expect(await client.conversation("outb 0x70 0x0b", "inb 0x71", "clock_step 5")).toEqual([
      "OK",
      "OK 0x0002",
      "FAIL Unknown command 'clock_step'",
    ]);
  }));
