// Texts are the peer's.
import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Workspace } from "../peer/workspace.ts";
import { System } from "./system.ts";

const NONE = "-machine none -nodefaults -display none".split(" ");
const TALK = ["qmp_capabilities", "query-memdev", "quit"].map((execute) => JSON.stringify({ execute })).join("\n");

/** Runs with a file of that text. `{file}` stands for its name. */
async function run(text: string, ...args: string[]) {
  const workspace = new Workspace();
  try {
    const file = workspace.file("machine.cfg");
    if (text !== "") writeFileSync(file, text);
    const system = new System([...NONE, "-qmp", "stdio", "-readconfig", file, ...args]);
    system.stdin.end(`${TALK}\n`);
    const status = await system.status;
    const named = (output: string): string => output.replaceAll(file, "{file}");
    return { status, stdout: named(system.stdout.text), stderr: named(system.stderr.text) };
  } finally {
    workspace.remove();
  }
}

describe("-readconfig", () => {
  test("sections are options", async () => {
    const text =
      '# memory\n\n[memory]\nsize = "200"\n[object "m1"]\n  qom-type = "memory-backend-ram"\n  size = "1M"\n';
    const { status, stdout, stderr } = await run(text);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain('"size": 209715200');
    expect(stdout).toContain('"id": "m1"');
  });

  test("commas in values are theirs, and later options count more", async () => {
    const { status, stdout } = await run('[name]\nguest = "a,b"\n[machine]\ntype = "q35"\n', "-machine", "none");
    expect([status, stdout.includes('"QMP"')]).toEqual([0, true]);
  });

  test.each<[string, string]>([
    ['a = "b"\n', " -readconfig {file}: no group defined"],
    ["  [memory]\n", " -readconfig {file}: no group defined"],
    ["[memory]\n=\n", " -readconfig {file}: Invalid parameter '='"],
    ['[nosuch]\na = "b"\n', " -readconfig {file}: There is no option group 'nosuch'"],
    ['[boot]\norder = "c"\n', " -readconfig {file}: There is no option group 'boot'"],
    ['[memory]\nfoo = "b"\n', " -readconfig {file}: Invalid parameter 'foo'"],
    ['[msg]\ntimestamp="on"\n', " -readconfig {file}: Invalid parameter 'timestamp=\"on\"'"],
    ['[object]\nqom-type = "memory-backend-ram"\nsize = "1M"\n', "{file}:3: Parameter 'id' is missing"],
    ['\n[device "d"]\ndriver = "nosuch"\n', "{file}:3: 'nosuch' is not a valid device model name"],
    ['[chardev "c"]\nbackend = "nosuch"\n', "{file}:2: 'nosuch' is not a valid char driver name"],
    ["", " -readconfig {file}: Could not open '{file}': No such file or directory"],
  ])("%j is refused", async (text, message) => {
    const { status, stderr } = await run(text);
    expect(status).toBe(1);
    expect(stderr.split("\n")[0]).toBe(`{qemu}:${message}`);
  });
});
