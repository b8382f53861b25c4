import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readDefinition } from "backplane/config";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "backplane-config-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}
const read = (file: string | undefined, cwd = folder) => readDefinition(file, { cwd, plugins: ["acpi", "numa"] });

const YAML = `
machine: { type: q35, nvdimm: on }
memory: { size: 20G, slots: 8, max: 22G }
cpu: { model: max, cpus: 2, cores: 2 }
objects:
  - { type: memory-backend-ram, id: mem0, size: 256M }
devices:
  - { driver: nvdimm, id: nvdimm0, memdev: mem0, slot: 1 }
  - vmgenid
acpi: { tables: [{ sig: ABCD, file: ./table.bin }] }
paused: true
`;

describe("reading a definition", () => {
  test("YAML", async () => {
    const { definition } = await read(write("a.yaml", YAML));
    expect(definition.machine).toMatchObject({ type: "q35", properties: { nvdimm: "on" } });
    expect(definition.memory).toMatchObject({ size: 20 * 2 ** 30, slots: 8, maxSize: 22 * 2 ** 30 });
    expect(definition.cpu).toMatchObject({ model: "max", topology: { cpus: 2, cores: 2 } });
    expect(definition.objects).toMatchObject([
      { type: "memory-backend-ram", id: "mem0", properties: { size: "256M" } },
    ]);
    expect(definition.devices).toMatchObject([
      { driver: "nvdimm", id: "nvdimm0", properties: { memdev: "mem0", slot: 1 } },
      { driver: "vmgenid" },
    ]);
    expect(definition.paused).toBe(true);
  });

  test("a path that begins with ./ is taken from its file's folder", async () => {
    const { definition } = await read(write("sub/a.yaml", YAML));
    expect(definition.options["acpi"]?.value).toEqual({
      tables: [{ sig: "ABCD", file: path.join(folder, "sub/table.bin") }],
    });
  });

  test("JSON and TOML say the same", async () => {
    const yaml = await read(write("a.yaml", "machine: q35\nmemory: 1G\nnuma: { x: 1 }\n"));
    const json = await read(write("b.json", '{"machine": "q35", "memory": "1G", "numa": {"x": 1}}'));
    const toml = await read(write("c.toml", 'machine = "q35"\nmemory = "1G"\n[numa]\nx = 1\n'));
    const plain = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value, (key, item: unknown) => (key === "origin" ? undefined : item)));
    expect(plain(json.definition)).toEqual(plain(yaml.definition));
    expect(plain(toml.definition)).toEqual(plain(yaml.definition));
  });

  test("code, when it is named", async () => {
    const { definition } = await read(write("a.mjs", 'export default { machine: "none", memory: "64M" };'));
    expect(definition).toMatchObject({ machine: { type: "none" }, memory: { size: 64 * 2 ** 20 } });
  });
});

describe("finding a definition", () => {
  test("in the folder, in .config, and above it up to the project's root", async () => {
    write("package.json", "{}");
    const file = write(".config/backplane.yaml", "memory: 1G\n");
    write("a/b/empty.txt", "");
    expect((await read(undefined, path.join(folder, "a/b"))).file).toBe(file);
    const nearer = write("a/backplane.toml", 'memory = "2G"\n');
    // The search ends at the first folder that has a package.json.
    expect((await read(undefined, path.join(folder, "a/b"))).file).toBe(nearer);
  });

  test("code is not looked for", async () => {
    write("package.json", "{}");
    write("backplane.config.mjs", "throw new Error('ran');");
    write("backplane.mjs", "throw new Error('ran');");
    await expect(read(undefined)).rejects.toMatchObject({ code: "CONFIG_NOT_FOUND" });
  });

  test("a file that is not there, a folder, an ending that nothing reads", async () => {
    await expect(read("nowhere.yaml")).rejects.toThrow("no such file");
    mkdirSync(path.join(folder, "folder.yaml"));
    await expect(read("folder.yaml")).rejects.toThrow("it is a folder");
    await expect(read(write("a.ini", ""))).rejects.toMatchObject({ code: "CONFIG_KIND" });
  });
});

describe("extends", () => {
  test("maps are merged, devices of the same id too, the others appended", async () => {
    write(
      "base.yaml",
      "machine: { type: q35, smm: off }\nmemory: { size: 1G, slots: 2, max: 4G }\ndevices:\n  - { driver: nvdimm, id: a, slot: 1 }\n  - vmgenid\nacpi: { x: 1, y: 1 }\n",
    );
    const { definition } = await read(
      write(
        "top.yaml",
        "extends: ./base.yaml\nmachine: { nvdimm: on }\nmemory: { size: 2G }\ndevices:\n  - { driver: nvdimm, id: a, slot: 2 }\n  - intel-iommu\nacpi: { y: 2 }\n",
      ),
    );
    expect(definition.machine).toMatchObject({ type: "q35", properties: { smm: "off", nvdimm: "on" } });
    expect(definition.memory).toMatchObject({ size: 2 * 2 ** 30, slots: 2, maxSize: 4 * 2 ** 30 });
    expect(definition.devices.map(({ driver, properties }) => [driver, properties])).toEqual([
      ["nvdimm", { slot: 2 }],
      ["vmgenid", {}],
      ["intel-iommu", {}],
    ]);
    expect(definition.options["acpi"]?.value).toEqual({ x: 1, y: 2 });
  });

  test("an error in a base points into the base", async () => {
    write("base.yaml", "memroy: 1G\n");
    await expect(read(write("top.yaml", "extends: ./base.yaml\n"))).rejects.toMatchObject({
      origin: { file: path.join(folder, "base.yaml"), line: 1 },
    });
  });
});
