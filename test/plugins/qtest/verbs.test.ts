import { test as property, fc } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  byteLength,
  CLOCK,
  definePlugin,
  DEVICE,
  DEVICES,
  guestAddress,
  inject,
  injectable,
  LIFECYCLE,
  MACHINE_CONTROL,
  MEMORY_REGIONS,
  SYSTEM_IO,
  SYSTEM_MEMORY,
  type Device,
  type DeviceContext,
  type IrqLine,
  type OutputPin,
} from "backplane";
import { QTEST } from "backplane/plugins/qtest/contract";
import { withMachine } from "../../kit/index.ts";
import { QtestClient } from "./client.ts";

/** 64 KiB of memory at 0, and registers that remember at 0x10000 and at port 0x100. */
const board = definePlugin({
  id: "test-board",
  apiVersion: 1,
  summary: "memory and registers",
  attach(machine) {
    const regions = machine.use(MEMORY_REGIONS);
    const registers = (name: string) => {
      const bytes = Buffer.alloc(16);
      return regions.io(name, byteLength(16), {
        read: (offset, size) => bytes.readUIntLE(offset, size),
        write: (offset, value, size) => void bytes.writeUIntLE(value, offset, size),
      });
    };
    machine.own(
      machine.use(LIFECYCLE).on("board", () => {
        const { root } = machine.use(SYSTEM_MEMORY);
        root.addSubregion(guestAddress(0), regions.ram("ram", byteLength(0x10000)));
        root.addSubregion(guestAddress(0x10000), registers("registers"));
        machine.use(SYSTEM_IO).root.addSubregion(guestAddress(0x100), registers("ports"));
      }),
    );
    machine.own(machine.use(DEVICES).register({ name: "pins", properties: {}, parent: "device" }, PinDevice));
  },
});

/** Two inputs that are driven on to two outputs. */
@injectable()
class PinDevice implements Device {
  constructor(@inject(DEVICE) private readonly device: DeviceContext) {}

  realize(): void {
    const outputs: readonly OutputPin[] = this.device.gpio.outputs("out", 2);
    const inputs: readonly IrqLine[] = this.device.gpio.inputs(undefined, 2, (pin, level) => outputs[pin]?.set(level));
    inputs[0]?.set(false);
  }
}

function withClient(
  run: (client: QtestClient, machine: Parameters<Parameters<typeof withMachine>[1]>[0]) => void | Promise<void>,
  time: "client" | "guest" = "client",
): Promise<void> {
  const client = new QtestClient();
  const options = { qtest: { value: { chardev: "client" } } };
  const devices = ["a", "b"].map((id) => ({ driver: "pins", id, properties: {} }));
  return withMachine({ with: [...client.plugins, board], options, devices, time, paused: false }, async (machine) => {
    machine.cont();
    await run(client, machine);
  });
}

describe("accesses", () => {
  test("of ports, in three widths", () =>
    withClient((client) => {
      expect(client.ask("outl 0x100 0x12345678", "inb 0x100", "inw 258", "inl 0400", "inw 0x200")).toEqual([
        "OK",
        "OK 0x0078",
        "OK 0x1234",
        "OK 0x12345678",
        "OK 0xffff",
      ]);
      expect(client.ask("outb 0x100 0x1ff", "outw 0x102 -1", "inl 0x100")).toEqual(["OK", "OK", "OK 0xffff56ff"]);
    }));

  test("of memory and registers, in four widths", () =>
    withClient((client) => {
      expect(
        client.ask("writeq 0x20 0x8877665544332211", "readq 0x20", "readl 0x21", "readw 0x26", "readb 39"),
      ).toEqual([
        "OK",
        "OK 0x8877665544332211",
        "OK 0x0000000055443322",
        "OK 0x0000000000008877",
        "OK 0x0000000000000088",
      ]);
      expect(client.ask("writel 0x10004 0xcafe", "readw 0x10004", "readb 0xfffffffffffffff0")).toEqual([
        "OK",
        "OK 0x000000000000cafe",
        "OK 0x0000000000000000",
      ]);
    }));

  test("of many bytes, in hexadecimal and base 64", () =>
    withClient((client) => {
      expect(client.ask("write 0x40 6 0x0123456789", "read 0x3f 8", "b64read 0x40 3")).toEqual([
        "OK",
        "OK 0x0001234567890000",
        "OK ASNF",
      ]);
      expect(client.ask("b64write 0x80 4 AQIDBA==", "memset 0x82 2 0xee", "memset 0 0 1", "read 0x80 5")).toEqual([
        "OK",
        "OK",
        "OK",
        "OK 0x0102eeee00",
      ]);
      // No digit counts as all ones, as in the peer.
      expect(client.ask("write 0x90 2 0xg1zz", "read 0x90 2")).toEqual(["OK", "OK 0xf1ff"]);
    }));

  property.prop([fc.bigInt(0n, 2n ** 64n - 1n), fc.constantFrom(10, 16, 8)], { numRuns: 20 })(
    "numbers are read in C's notation, all 64 bits of them",
    (value, base) =>
      withClient((client) => {
        const text = { 10: String(value), 16: `0x${value.toString(16)}`, 8: `0${value.toString(8)}` }[base] ?? "";
        client.ask(`writeq 0 ${text}`);
        expect(client.ask("readq 0")).toEqual([`OK 0x${value.toString(16).padStart(16, "0")}`]);
      }),
  );
});

describe("what cannot be done is said", () => {
  test.each([
    ["", "FAIL Unknown command ''"],
    ["frobnicate 1", "FAIL Unknown command 'frobnicate'"],
    ["readb", "ERR invalid argument"],
    ["readb 0x", "ERR invalid argument"],
    ["readb 12x", "ERR invalid argument"],
    ["readb  1", "ERR invalid argument"],
    ["readq 0x10000000000000000", "ERR invalid argument"],
    ["writeb 1", "ERR invalid argument"],
    ["inb 0x10000", "ERR invalid argument"],
    ["read 0 0", "ERR invalid argument"],
    ["read 0 0xffffffffffff", "ERR invalid argument"],
    ["memset 0 0xffffffffffff 1", "ERR invalid argument"],
    ["write 0 1 0x", "ERR invalid argument size"],
    ["b64write 0 1 AQ", "ERR invalid argument size"],
    ["irq_intercept_in nobody", "FAIL Unknown device"],
    ["irq_intercept_in a name", "FAIL Interception of named in-GPIOs not yet supported"],
    ["irq_intercept_out a gsi", "FAIL No intercepts installed"],
    ["set_irq_in a unnamed-gpio-in 7 1", "ERR invalid argument"],
    ["set_irq_in a", "ERR invalid argument"],
    ["module_load hw-", "ERR invalid argument"],
  ])("%s", (line, answer) =>
    withClient((client) => {
      expect(client.ask(line)).toEqual([answer]);
    }),
  );

  test("what is there from the start is loaded", () =>
    withClient((client) => {
      expect(client.ask("module_load hw- display", "endianness")).toEqual(["OK", "OK little"]);
    }));
});

describe("interrupts", () => {
  test("are told when they change, before the answer", () =>
    withClient((client) => {
      expect(client.ask("irq_intercept_in a", "irq_intercept_in a", "irq_intercept_out b out")).toEqual([
        "OK",
        "OK",
        "FAIL IRQ intercept already enabled",
      ]);
      const drive = (pin: number, level: number) => client.ask(`set_irq_in a unnamed-gpio-in ${pin} ${level}`);
      expect(drive(1, 1)).toEqual(["IRQ raise 1", "OK"]);
      expect(drive(1, 1)).toEqual(["OK"]);
      expect(drive(0, 0)).toEqual(["OK"]);
      expect(drive(1, 0)).toEqual(["IRQ lower 1", "OK"]);
    }));

  test("that a device drives are told as well, whatever the client was doing", () =>
    withClient((client, machine) => {
      expect(client.ask("irq_intercept_out /machine/peripheral/b out")).toEqual(["OK"]);
      client.output = "";
      machine.service(DEVICES).byId("b")?.context.gpio.list(undefined)?.inputs[1]?.set(true);
      expect(client.output).toBe("IRQ raise 1\n");
      // Another client begins with all of them low.
      client.leave();
      client.come();
      expect(client.ask("set_irq_in b unnamed-gpio-in 1 1")).toEqual(["IRQ raise 1", "OK"]);
    }));
});

describe("the clock", () => {
  test("is moved by steps, to the next deadline, and to a time", () =>
    withClient((client, machine) => {
      expect(client.ask("clock_step")[0]).toMatch(/^FAIL cannot advance clock to the next deadline/);
      const fired: number[] = [];
      const clock = machine.service(CLOCK);
      clock.after(500, () => fired.push(clock.now));
      expect(client.ask("clock_step 100", "clock_step", "clock_set 900", "clock_set 100", "clock_step 0")).toEqual([
        "OK 100",
        "OK 500",
        "OK 900",
        "FAIL 900",
        "FAIL could not advance time",
      ]);
      expect(fired).toEqual([500]);
    }));

  test("moves without firing while the machine is halted", () =>
    withClient(async (client, machine) => {
      const fired: number[] = [];
      machine.service(MACHINE_CONTROL).stop();
      machine.service(CLOCK).after(10, () => fired.push(1));
      expect(client.ask("clock_step 100", "clock_step")).toEqual([
        "OK 100",
        "FAIL cannot advance clock to the next deadline because there is no pending deadline",
      ]);
      expect(fired).toEqual([]);
      machine.cont();
      await new Promise((resolve) => setImmediate(resolve));
      expect(fired).toEqual([1]);
    }));

  test("is not the client's beside a guest", () =>
    withClient((client) => {
      expect(client.ask("clock_step 100")).toEqual(["FAIL Unknown command 'clock_step'"]);
    }, "guest"));
});

test("another plugin can add a verb", () =>
  withClient((client, machine) => {
    const added = machine
      .service(QTEST)
      .add("sum", (words) => `OK ${(words.number() ?? 0n) + (words.number() ?? 0n)} ${words.text() ?? "nothing"}`);
    expect(client.ask("sum 0x10 2", "sum 1 1 more")).toEqual(["OK 18 nothing", "OK 2 more"]);
    void added.dispose();
    expect(client.ask("sum 1 1")).toEqual(["FAIL Unknown command 'sum'"]);
  }));
