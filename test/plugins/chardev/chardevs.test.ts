import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { definePlugin, type AnyPlugin } from "backplane";
import { withMachine } from "backplane/kit";
import { CHARDEVS, HOST_STDIO } from "backplane/plugins/chardev/contract";
import { afterAll, describe, expect, test } from "vitest";
import { Sink } from "../../cli/system.ts";
import { monitorPlugins, TestClient } from "../qmp/client.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-chardev-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const devices = (...given: readonly object[]) => ({ chardev: { value: { devices: given } } });

/** Standard streams of the test's. */
function streams(): { readonly plugin: AnyPlugin; readonly input: PassThrough; readonly output: Sink } {
  const input = new PassThrough();
  const output = new Sink();
  const plugin = definePlugin({
    id: "test-streams",
    apiVersion: 1,
    summary: "streams of a test",
    provides: [HOST_STDIO],
    attach: (machine) => machine.provideValue(HOST_STDIO, { input, output }),
  });
  return { plugin, input, output };
}

describe("character devices", () => {
  test("have ids of their own, and one user each", async () => {
    const double = withMachine(
      { with: monitorPlugins, options: devices({ id: "c", backend: "null" }, { id: "c", backend: "null" }) },
      () => undefined,
    );
    await expect(double).rejects.toThrow("Duplicate ID 'c' for chardev");
    const options = {
      ...devices({ id: "c", backend: "null" }),
      qmp: { value: { monitors: [{ chardev: "c" }, { chardev: "c" }] } },
    };
    await expect(withMachine({ with: monitorPlugins, options }, () => undefined)).rejects.toThrow(
      "chardev 'c' is already in use",
    );
    const missing = { qmp: { value: { monitors: [{ chardev: "x" }] } } };
    await expect(withMachine({ with: monitorPlugins, options: missing }, () => undefined)).rejects.toThrow(
      'chardev "x" not found',
    );
  });

  test("do not share standard input and output", async () => {
    const { plugin } = streams();
    const options = devices({ id: "a", backend: "stdio" }, { id: "b", backend: "stdio" });
    await expect(withMachine({ with: [plugin, ...monitorPlugins], options }, () => undefined)).rejects.toThrow(
      "cannot use stdio by multiple character devices",
    );
  });

  test("are listed with what they are connected to", () =>
    withMachine({ with: monitorPlugins, options: devices({ id: "n", backend: "null" }) }, (machine) => {
      const client = new TestClient(machine);
      client.negotiate();
      client.send({ execute: "query-chardev" });
      expect(client.take()).toEqual(['{"return": [{"frontend-open": false, "filename": "null", "label": "n"}]}']);
    }));

  test("write into files", async () => {
    const file = path.join(folder, "monitor.log");
    const options = {
      ...devices({ id: "f", backend: "file", path: file }),
      qmp: { value: { monitors: [{ chardev: "f" }] } },
    };
    await withMachine({ with: monitorPlugins, options }, () => undefined);
    expect(readFileSync(file, "utf8")).toMatch(/^\{"QMP": .*\}\r\n$/);
    const bad = devices({ id: "f", backend: "file", path: path.join(folder, "no", "file") });
    await expect(withMachine({ with: monitorPlugins, options: bad }, () => undefined)).rejects.toThrow(
      "Could not open",
    );
  });
});

test("a monitor on standard input and output goes on telling events when the input has ended", async () => {
  const { plugin, input, output } = streams();
  const options = { qmp: { value: { monitors: [{ stdio: true }] } } };
  await withMachine({ with: [plugin, ...monitorPlugins], options }, async (machine) => {
    input.end('{"execute":"qmp_capabilities"}{"execute":"query-status"}');
    await output.until((text) => text.includes("prelaunch"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(machine.service(CHARDEVS).get("compat_monitor0").filename).toBe("stdio");
    machine.cont();
    await output.until((text) => text.includes('"event": "RESUME"'));
  });
});
