import { PassThrough } from "node:stream";
import { definePlugin, MACHINE_CONTROL } from "backplane";
import { withMachine } from "backplane/kit";
import { CHARDEVS, HOST_STDIO, type CharConnection, type CharFrontend } from "backplane/plugins/chardev/contract";
import { describe, expect, test } from "vitest";
import chardev from "../../../plugins/chardev/index.ts";
import { Sink } from "../../cli/system.ts";

/** A front end that writes down what it is told. */
class Recorder implements CharFrontend {
  readonly name: string;
  readonly seen: string[] = [];
  connection: CharConnection | undefined;

  constructor(name: string) {
    this.name = name;
  }

  opened(connection: CharConnection): void {
    this.connection = connection;
    this.seen.push("opened");
  }
  received(bytes: Uint8Array): void {
    this.seen.push(Buffer.from(bytes).toString("latin1"));
  }
  drained(): void {}
  closed(): void {
    this.seen.push("closed");
  }
  focused(isFocused: boolean): void {
    this.seen.push(isFocused ? "here" : "elsewhere");
  }
  /** What was seen since it was last asked. */
  take(): string[] {
    return this.seen.splice(0);
  }
}

const turn = async (): Promise<void> => {
  for (let count = 0; count < 4; count++) await new Promise((resolve) => setImmediate(resolve));
};

/** Two front ends on the standard streams; the later of them is in front. */
async function withShared(
  use: (io: {
    readonly first: Recorder;
    readonly second: Recorder;
    readonly type: (keys: string) => Promise<void>;
    readonly output: Sink;
    readonly control: { readonly leaving: unknown };
  }) => Promise<void>,
): Promise<void> {
  const input = new PassThrough();
  const output = new Sink();
  const [first, second] = [new Recorder("first"), new Recorder("second")];
  const streams = definePlugin({
    id: "test-streams",
    apiVersion: 1,
    summary: "streams",
    provides: [HOST_STDIO],
    attach: (machine) => machine.provideValue(HOST_STDIO, { input, output }),
  });
  const users = definePlugin({
    id: "test-users",
    apiVersion: 1,
    summary: "users",
    requires: [CHARDEVS],
    attach(machine) {
      for (const user of [first, second]) machine.own(machine.use(CHARDEVS).get("tty").attach(user));
    },
  });
  const options = { chardev: { value: { devices: [{ id: "tty", backend: "stdio", mux: true }] } } };
  await withMachine({ with: [streams, chardev, users], options }, async (machine) => {
    const type = async (keys: string): Promise<void> => {
      input.write(Buffer.from(keys, "latin1"));
      await turn();
    };
    await turn();
    await use({ first, second, type, output, control: machine.service(MACHINE_CONTROL) });
  });
}

describe("a device that several share", () => {
  test("is greeted by all and read by the last to come", () =>
    withShared(async ({ first, second, type }) => {
      expect(first.take()).toEqual(["elsewhere", "opened"]);
      expect(second.take()).toEqual(["here", "opened"]);
      await type("abc");
      expect(first.take()).toEqual([]);
      expect(second.take()).toEqual(["abc"]);
    }));

  test("is handed on by C-a c, between two keys of one read", () =>
    withShared(async ({ first, second, type }) => {
      first.take();
      second.take();
      await type("one\x01ctwo\x01cthree");
      expect(second.take()).toEqual(["one", "elsewhere", "here", "three"]);
      expect(first.take()).toEqual(["here", "two", "elsewhere"]);
    }));

  test("passes C-a on when it is typed twice, and drops letters that mean nothing", () =>
    withShared(async ({ second, type }) => {
      second.take();
      await type("a\x01\x01b\x01zc\x01");
      await type("\x01d");
      expect(second.take()).toEqual(["a", "\x01", "b", "c", "\x01", "d"]);
    }));

  test("takes what everybody writes", () =>
    withShared(async ({ first, second, output, type }) => {
      first.connection?.write("one\n");
      second.connection?.write("two\n");
      expect(output.text).toBe("one\ntwo\n");
      await type("\x01t");
      first.connection?.write("\nthree\n");
      expect(output.text.slice(8)).toMatch(/^\n\[00:00:00\.\d{3}\] three\n$/);
    }));

  test("keeps a little for one who does not read, and can still be handed on", () =>
    withShared(async ({ first, second, type }) => {
      first.take();
      second.take();
      second.connection?.pause();
      await type("wait\x01c");
      await type("now");
      expect(first.take()).toEqual(["here", "now"]);
      second.connection?.resume();
      expect(second.take()).toEqual(["elsewhere", "wait"]);
    }));

  test("tells its keys, and ends the machine", () =>
    withShared(async ({ output, type, control }) => {
      await type("\x01h");
      expect(output.text).toContain("C-a x");
      await type("\x01x");
      expect(output.text).toContain("QEMU: Terminated\n\r");
      expect(control.leaving).toBe("host-qmp-quit");
    }));
});
