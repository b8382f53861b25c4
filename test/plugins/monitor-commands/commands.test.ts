import { byteLength, MEMORY_REGIONS } from "backplane";
import { withMachine, type TestMachineOptions } from "backplane/kit";
import { HUMAN_COMMANDS } from "backplane/plugins/hmp/contract";
import { describe, expect, test } from "vitest";
import memoryBackend from "../../../plugins/memory-backend/index.ts";
import { monitorPlugins, TestClient } from "../qmp/client.ts";

/** Sends commands to a machine and returns the lines. */
function conversation(options: TestMachineOptions, ...commands: readonly object[]): Promise<string[]> {
  return withMachine({ with: monitorPlugins, ...options }, async (machine) => {
    const client = new TestClient(machine);
    client.negotiate();
    for (const command of commands) {
      client.send(command);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return client.take();
  });
}

const human = (line: string): object => ({ execute: "human-monitor-command", arguments: { "command-line": line } });

describe("run control", () => {
  test("resets a halted machine to where it starts", async () => {
    const lines = await conversation(
      {},
      { execute: "cont" },
      { execute: "stop" },
      { execute: "system_reset" },
      { execute: "query-status" },
    );
    expect(lines.slice(-3)).toEqual([
      '{"event": "RESET", "data": {"guest": false, "reason": "host-qmp-system-reset"}}',
      '{"return": {}}',
      '{"return": {"status": "prelaunch", "running": false}}',
    ]);
  });

  test("leaves instead of resetting where that was asked for", async () => {
    const actions = { reboot: "shutdown", shutdown: "poweroff" } as const;
    expect(await conversation({ actions }, { execute: "system_reset" })).toEqual([
      '{"event": "SHUTDOWN", "data": {"guest": false, "reason": "host-qmp-system-reset"}}',
      '{"return": {}}',
    ]);
  });

  test("halts instead of leaving where that was asked for, and needs a reset to go on", async () => {
    const actions = { reboot: "shutdown", shutdown: "pause" } as const;
    const lines = await conversation(
      { actions },
      { execute: "cont" },
      { execute: "system_reset" },
      { execute: "query-status" },
      { execute: "cont" },
    );
    expect(lines.slice(2)).toEqual([
      '{"event": "SHUTDOWN", "data": {"guest": false, "reason": "host-qmp-system-reset"}}',
      '{"event": "STOP"}',
      '{"return": {}}',
      '{"return": {"status": "shutdown", "running": false}}',
      '{"error": {"class": "GenericError", "desc": "Resetting the Virtual Machine is required"}}',
    ]);
  });

  test("presses the power button", () =>
    withMachine({ with: monitorPlugins }, (machine) => {
      let pressed = 0;
      const watching = machine.onPowerdown(() => pressed++);
      const client = new TestClient(machine);
      client.negotiate();
      client.send({ execute: "system_powerdown" });
      expect(client.take()).toEqual(['{"event": "POWERDOWN"}', '{"return": {}}']);
      void watching.dispose();
      client.send({ execute: "system_powerdown" });
      expect(pressed).toBe(1);
    }));

  test("has a button that nobody needs to watch", async () => {
    expect(await conversation({}, { execute: "system_powerdown" })).toEqual([
      '{"event": "POWERDOWN"}',
      '{"return": {}}',
    ]);
  });
});

test("identity", async () => {
  const uuid = "12345678-1234-1234-1234-123456789abc";
  expect(await conversation({ name: "a b", uuid }, { execute: "query-name" }, { execute: "query-uuid" })).toEqual([
    '{"return": {"name": "a b"}}',
    `{"return": {"UUID": "${uuid}"}}`,
  ]);
  expect(await conversation({}, { execute: "query-name" }, { execute: "query-uuid" })).toEqual([
    '{"return": {}}',
    '{"return": {"UUID": "00000000-0000-0000-0000-000000000000"}}',
  ]);
});

describe("objects", () => {
  const add = (args: object): object => ({ execute: "object-add", arguments: args });
  const ram = { "qom-type": "memory-backend-ram", id: "m", size: 1048576 };

  test("come and go", async () => {
    const options = { with: [memoryBackend, ...monitorPlugins] };
    const lines = await conversation(
      options,
      add(ram),
      { execute: "query-memdev" },
      { execute: "object-del", arguments: { id: "m" } },
      {
        execute: "query-memdev",
      },
    );
    expect(lines).toEqual([
      '{"return": {}}',
      '{"return": [{"share": false, "reserve": true, "prealloc": false, "host-nodes": [], "size": 1048576, "merge": true, "dump": true, "policy": "default", "id": "m"}]}',
      '{"return": {}}',
      '{"return": []}',
    ]);
  });

  test.each<[object, string]>([
    [{}, "Parameter 'qom-type' is missing"],
    [{ "qom-type": 1 }, "Invalid parameter type for 'qom-type', expected: string"],
    [{ "qom-type": "nosuch", id: "x" }, "Parameter 'qom-type' does not accept value 'nosuch'"],
    [{ "qom-type": "memory-backend-ram" }, "Parameter 'id' is missing"],
    [{ ...ram, id: "1m" }, "Parameter 'id' expects an identifier"],
    [{ ...ram, size: "1M" }, "Parameter 'size' expects uint64"],
    [{ ...ram, size: undefined }, "Parameter 'size' is missing"],
    [{ ...ram, nosuch: 1 }, "Parameter 'nosuch' is unexpected"],
  ])("are refused: %j", async (args, message) => {
    const [line] = await conversation({ with: [memoryBackend, ...monitorPlugins] }, add(args));
    expect(line).toBe(`{"error": {"class": "GenericError", "desc": "${message}"}}`);
  });

  test("are not made twice, nor deleted when they are not there", async () => {
    const lines = await conversation({ with: [memoryBackend, ...monitorPlugins] }, add(ram), add(ram), {
      execute: "object-del",
      arguments: { id: "x" },
    });
    expect(lines.slice(1)).toEqual([
      `{"error": {"class": "GenericError", "desc": "attempt to add duplicate property 'm' to object (type 'container')"}}`,
      `{"error": {"class": "GenericError", "desc": "object 'x' not found"}}`,
    ]);
  });
});

describe("the human monitor", () => {
  test("prints with the peer's line ends", async () => {
    const lines = await conversation(
      {},
      human("info status"),
      human("  info   version "),
      human(""),
      human("info kvm"),
    );
    expect(lines).toEqual([
      '{"return": "VM status: paused (prelaunch)\\r\\n"}',
      '{"return": "10.0.2Debian 1:10.0.2+ds-2+deb13u1~bpo12+1\\r\\n"}',
      '{"return": ""}',
      '{"return": "kvm support: not compiled\\r\\n"}',
    ]);
  });

  test("says what it does not know", async () => {
    const lines = await conversation(
      {},
      human("foo bar"),
      human("info foo bar"),
      human("info status x"),
      human("q x"),
      {
        execute: "human-monitor-command",
        arguments: { "command-line": "info status", "cpu-index": 5 },
      },
    );
    expect(lines).toEqual([
      `{"return": "unknown command: 'foo'\\r\\n"}`,
      `{"return": "unknown command: 'info foo'\\r\\n"}`,
      '{"return": "status: extraneous characters at the end of line\\r\\nTry \\"help info status\\" for more information\\r\\n"}',
      '{"return": "quit|q: extraneous characters at the end of line\\r\\nTry \\"help q\\" for more information\\r\\n"}',
      `{"error": {"class": "GenericError", "desc": "Parameter 'cpu-index' expects a CPU number"}}`,
    ]);
  });

  test("takes commands of other plugins, and short forms", () =>
    withMachine({ with: monitorPlugins }, async (machine) => {
      machine
        .service(HUMAN_COMMANDS)
        .add({ name: "info test", summary: "a test", run: () => Promise.resolve("a\nb\n") });
      const client = new TestClient(machine);
      client.negotiate();
      client.send(human("info test"));
      await new Promise((resolve) => setImmediate(resolve));
      expect(client.take()).toEqual(['{"return": "a\\r\\nb\\r\\n"}']);
      client.send(human("c"));
      await new Promise((resolve) => setImmediate(resolve));
      expect(client.take()).toEqual(['{"event": "RESUME"}', '{"return": ""}']);
    }));
});

test("the RAM block table is text", () =>
  withMachine({ with: monitorPlugins }, (machine) => {
    machine.service(MEMORY_REGIONS).ram("test", byteLength(4096));
    const client = new TestClient(machine);
    client.negotiate();
    client.send({ execute: "x-query-ramblock" });
    expect(client.take()[0]).toMatch(
      /^\{"return": \{"human-readable-text": " +Block Name .*\\n +test +4 KiB .*\\n"\}\}$/,
    );
  }));
