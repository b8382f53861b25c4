import { existsSync, readFileSync } from "node:fs";
import net from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { Workspace } from "../peer/workspace.ts";
import { System } from "./system.ts";

const workspace = new Workspace();
afterAll(() => workspace.remove());

const NONE = ["-machine", "none", "-m", "1M", "-display", "none"];

async function outcome(...argv: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const system = new System(argv);
  const status = await system.status;
  return { status, stdout: system.stdout.text, stderr: system.stderr.text };
}

/** Runs a q35 machine until its monitor tells it to leave. */
async function left(args: readonly string[]): Promise<{ status: number; stderr: string }> {
  const system = new System(["-machine", "q35", "-S", "-qmp", "stdio", ...args]);
  system.stdin.end('{"execute":"qmp_capabilities"}{"execute":"quit"}');
  return { status: await system.status, stderr: system.stderr.text };
}

describe("the process", () => {
  test("ends with status 0 when a signal asks it to, and tells its monitors", async () => {
    const system = new System([...NONE, "-S", "-qmp", "stdio"]);
    system.stdin.write('{"execute":"qmp_capabilities"}');
    await system.stdout.until((text) => text.includes('{"return": {}}'));
    system.signal(15);
    expect(await system.status).toBe(0);
    expect(system.stdout.text).toMatch(
      /"event": "SHUTDOWN", "data": \{"guest": false, "reason": "host-signal"\}\}\r\n$/,
    );
    expect(system.stderr.text).toBe("{qemu}: terminating on signal 15\n");
  });

  test("stays when the monitor's input has ended", async () => {
    const system = new System([...NONE, "-S", "-qmp", "stdio"]);
    system.stdin.end('{"execute":"qmp_capabilities"}{"execute":"query-status"}');
    await system.stdout.until((text) => text.includes("prelaunch"));
    const other = await Promise.race([system.status, new Promise((resolve) => setImmediate(() => resolve("runs")))]);
    expect(other).toBe("runs");
    system.signal(2);
    expect(await system.status).toBe(0);
  });

  test("starts the guest unless told not to", async () => {
    const system = new System([...NONE, "-qmp", "stdio"]);
    system.stdin.write('{"execute":"qmp_capabilities"}{"execute":"query-status"}{"execute":"quit"}');
    expect(await system.status).toBe(0);
    expect(system.stdout.text).toContain('{"return": {"status": "running", "running": true}}');
  });

  test("writes its id into a file, and takes it away", async () => {
    const file = workspace.file("pid");
    const system = new System([...NONE, "-S", "-qmp", "stdio", "-pidfile", file]);
    await system.stdout.until((text) => text.includes("QMP"));
    expect(readFileSync(file, "utf8")).toBe(`${process.pid}\n`);
    system.signal(15);
    await system.status;
    expect(existsSync(file)).toBe(false);
  });

  test("leaves nothing behind when the machine cannot be made", async () => {
    const [pid, socket] = [workspace.file("pid"), workspace.file("monitor")];
    const args = [...NONE, "-pidfile", pid, "-qmp", `unix:${socket},server=on,wait=off`, "-device", "nosuch"];
    expect((await outcome(...args)).status).toBe(1);
    expect([existsSync(pid), existsSync(socket)]).toEqual([false, false]);
  });

  test("gives up waiting for a client when a signal comes", async () => {
    const socket = workspace.file("vain");
    const system = new System([...NONE, "-S", "-qmp", `unix:${socket},server=on`]);
    await system.stderr.until((text) => text.includes("waiting"));
    expect(existsSync(socket)).toBe(true);
    system.signal(2);
    expect(await system.status).toBe(0);
    expect(existsSync(socket)).toBe(false);
  });

  test("says whom it waits for", async () => {
    const socket = workspace.file("waited");
    const system = new System([...NONE, "-S", "-qmp", `unix:${socket},server=on`]);
    await system.stderr.until((text) => text.includes("\n"));
    expect(system.stderr.text).toBe(
      `{qemu}: -qmp unix:${socket},server=on: info: QEMU waiting for connection on: disconnected:unix:${socket},server=on\n`,
    );
    const client = net.connect(socket);
    client.on("error", () => undefined);
    client.write('{"execute":"qmp_capabilities"}{"execute":"quit"}');
    expect(await system.status).toBe(0);
    client.destroy();
  });
});

describe("messages", () => {
  test("may begin with the time and the guest's name", async () => {
    const { stderr } = await outcome(
      "-msg",
      "timestamp=on,guest-name=on",
      "-name",
      "bob",
      ...NONE,
      "-device",
      "nosuch",
    );
    expect(stderr).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z bob \{qemu\}: -device nosuch: 'nosuch' is not a valid device model name\n$/,
    );
  });

  test.each<[string, string[]]>([
    ["all the devices that QEMU adds by itself", []],
    ["no network card", ["-net", "none"]],
    ["a drive of the user's", ["-vga", "none", "-device", "ide-cd,bus=ide.0"]],
  ])("are none about a machine with %s", async (_, args) => {
    const { status, stderr } = await left(["-display", "none", ...args]);
    expect([status, stderr]).toEqual([0, ""]);
  });

  test("tell a switch without a value that it is out of date", async () => {
    const { stderr } = await outcome(...NONE, "-device", "nosuch,foo,nobar");
    expect(stderr).toBe(
      [
        "{qemu}: -device nosuch,foo,nobar: warning: short-form boolean option 'foo' deprecated",
        "Please use foo=on instead",
        "{qemu}: -device nosuch,foo,nobar: warning: short-form boolean option 'nobar' deprecated",
        "Please use bar=off instead",
        "{qemu}: -device nosuch,foo,nobar: 'nosuch' is not a valid device model name\n",
      ].join("\n"),
    );
  });
});

/** Measured on the peer; beyond the goldens. */
describe("what is refused", () => {
  test.each<[string, string]>([
    ["-foo", "-foo: invalid option"],
    ["-S -bar", "-bar: invalid option"],
    ["-chardev null,id=c -set chardev.c.foo=1", "-set chardev.c.foo=1: Invalid parameter 'foo'"],
    ["-set machine.a.b=1", "-set machine.a.b=1: -set is not supported with machine"],
    ["-set nosuch.a.b=1", "-set nosuch.a.b=1: There is no option group 'nosuch'"],
    ["-global driver=foo", "-global driver=foo: options 'driver', 'property', and 'value' are required"],
    ["-m 1.5", "-m 1.5: Parameter 'size' expects a non-negative number below 2^64"],
    ["-m -1", "-m -1: Value '-1' is out of range for parameter 'size'"],
    [
      "-m 128,maxmem=64M",
      "invalid value of maxmem: maximum memory size (0x4000000) must be at least the initial memory size (0x8000000)",
    ],
    ["-m 128,slots=2", "slots specified but no max-size"],
    ["-smp 2", "Invalid SMP CPUs 2. The max CPUs supported by machine 'none' is 1"],
    ["-cpu nosuch", "unable to find CPU model 'nosuch'"],
    ["-cpu max", "apic-id property was not initialized properly"],
    ["-numa node", "-numa node: NUMA is not supported by this machine-type"],
    ["-fw_cfg name=opt/x,string=y", "-fw_cfg name=opt/x,string=y: fw_cfg device not available"],
    ["-rtc driftfix=slew", "-rtc driftfix=slew is not supported in this build"],
    ["-rtc base=never", "invalid datetime format"],
    ["-action reboot=maybe", "-action reboot=maybe: Parameter 'reboot' does not accept value 'maybe'"],
    ["-enable-kvm", "invalid accelerator kvm"],
    ["-net user", "-net user: Parameter 'type' does not accept value 'user'"],
    ["-qmp tcp:127.0.0.1", "-qmp tcp:127.0.0.1: parse error: tcp:127.0.0.1"],
    ["-qmp vc", "-qmp vc: chardev backend 'vc' is not supported in this build"],
    ['-device {"driver":', '-device {"driver":: JSON parse error, premature EOI'],
    ["-device {}", "-device {}: Parameter 'driver' is missing"],
    [
      '-object {"qom-type":1,"id":"m"}',
      '-object {"qom-type":1,"id":"m"}: Invalid parameter type for \'qom-type\', expected: string',
    ],
  ])("%s", async (words, message) => {
    const { status, stderr } = await outcome(...NONE, ...words.split(" "));
    expect(status).toBe(1);
    expect(stderr.split("\n")).toContain(`{qemu}: ${message}`);
  });
});

describe("help", () => {
  test("lists options, machine types and properties", async () => {
    const options = await outcome("-help");
    expect(options.status).toBe(0);
    expect(options.stdout).toContain("usage: {qemu} [options]\n");
    for (const name of ["-machine", "-device", "-qmp", "-acpitable", "-numa", "-fw_cfg"])
      expect(options.stdout).toContain(`\n${name} `);
    expect((await outcome("-machine", "help")).stdout).toContain(
      "q35                  Standard PC (Q35 + ICH9, 2009) (alias of pc-q35-10.0)\n",
    );
    expect((await outcome("-M", "q35,help")).stdout).toContain(
      "  hpet=<bool>            - Enable/disable high precision event timer emulation\n",
    );
    expect((await outcome("-smp", "help")).stdout).toMatch(/^smp-opts options:\n {2}books=<num>\n/);
    expect((await outcome("-device", "help")).stdout).toContain('name "vmgenid"\n');
    expect((await outcome("-object", "help")).stdout).toContain("  memory-backend-ram\n");
    expect((await outcome("-chardev", "help")).stdout).toContain("  socket\n");
  });
});
