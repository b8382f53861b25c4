import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Workspace } from "../peer/workspace.ts";

const root = path.resolve(import.meta.dirname, "../..");
const executable = path.join(root, "bin/backplane-system-x86_64");
const workspace = new Workspace();
afterAll(() => workspace.remove());

/** Starts the executable and waits until whoever started it goes on. */
function start(...args: string[]): Promise<{ status: number | null; stderr: string }> {
  const child = spawn(process.execPath, [executable, "-daemonize", "-nodefaults", "-display", "none", ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString("utf8")));
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, stderr })));
}

describe("-daemonize", () => {
  test("the machine stays when whoever started it goes on, without a terminal", async () => {
    const [socket, pid] = [workspace.file("qmp"), workspace.file("pid")];
    const started = await start("-machine", "none", "-qmp", `unix:${socket},server=on,wait=off`, "-pidfile", pid);
    expect(started).toEqual({ status: 0, stderr: "" });
    const id = Number(readFileSync(pid, "utf8"));
    // Between a stream's closing, which is what the starter waits for, and its new beginning there is a moment without it.
    const streams = (): string[] => readdirSync(`/proc/${id}/fd`).filter((stream) => Number(stream) <= 2);
    await expect.poll(() => streams().length).toBe(3);
    expect(streams().map((stream) => readlinkSync(`/proc/${id}/fd/${stream}`))).toEqual(Array(3).fill("/dev/null"));
    const client = net.connect(socket);
    client.write('{"execute":"qmp_capabilities"}{"execute":"quit"}');
    await new Promise((resolve) => client.resume().once("close", resolve));
    // The file goes with the process.
    await expect.poll(() => existsSync(pid)).toBe(false);
  });

  test("a machine that cannot be made is told of", async () => {
    const { status, stderr } = await start("-machine", "none", "-device", "nosuch");
    expect(status).toBe(1);
    expect(stderr).toBe("backplane-system-x86_64: -device nosuch: 'nosuch' is not a valid device model name\n");
  });

  test.each([
    ["-qmp stdio", "-qmp stdio: cannot use stdio with -daemonize"],
    ["--preconfig", "-daemonize with --preconfig is not supported in this build"],
  ])("%s is refused", async (words, message) => {
    const { status, stderr } = await start("-machine", "none", ...words.split(" "));
    expect([status, stderr]).toEqual([1, `backplane-system-x86_64: ${message}\n`]);
  });
});
