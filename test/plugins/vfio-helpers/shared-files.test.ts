// A file that is written has one user: one namespace of a definition, and nobody else, in this process or another.
import { linkSync } from "node:fs";
import { expect, test } from "vitest";
import { type JsonObject } from "backplane";
import { withMachine } from "backplane/kit";
import { BLOCK, type BlockUserDevice } from "backplane/plugins/block/contract";
import block from "../../../plugins/block/index.ts";
import vfioHelpers from "../../../plugins/vfio-helpers/index.ts";
import { ADDRESS, benchOf, KiB, pattern, withImage } from "./vfio-machine.ts";

const OTHER = "0000:02:00.0";

const controller = (address: string, ...namespaces: JsonObject[]): JsonObject => ({
  kind: "nvme",
  address,
  namespaces,
});

const build = (
  devices: readonly JsonObject[],
  use: (bench: ReturnType<typeof benchOf>) => Promise<void> | void = () => undefined,
) =>
  withMachine(
    { with: [block, vfioHelpers], options: { "vfio-helpers": { value: { devices: [...devices] } } } },
    (machine, log) => use(benchOf(machine, log, "")),
  );

const withFile = (test: (file: string) => Promise<void>) => withImage(pattern(64 * KiB), test);

test("two namespaces of a controller", () =>
  withFile(async (file) => {
    await expect(build([controller(ADDRESS, { file }, { file })])).rejects.toThrow(
      `'${file}' is namespace 1 of ${ADDRESS} and namespace 2 of ${ADDRESS}, and is written`,
    );
  }));

test("two controllers, and another name of the file", () =>
  withFile(async (file) => {
    const link = `${file}.link`;
    linkSync(file, link);
    await expect(
      build([controller(ADDRESS, { file }), controller(OTHER, { file: link, readOnly: true })]),
    ).rejects.toThrow(`'${link}' is namespace 1 of ${ADDRESS} and namespace 1 of ${OTHER}, and is written`);
  }));

test("as many as like may read it", () =>
  withFile(async (file) => {
    const namespace = { file, readOnly: true };
    await build([controller(ADDRESS, namespace, namespace), controller(OTHER, namespace)]);
  }));

test("a node of the driver file, which somebody would write", () =>
  withFile((file) =>
    build([controller(ADDRESS, { file })], async ({ run, machine }) => {
      await run("blockdev-add", { driver: "file", "node-name": "same", filename: file });
      const device = { id: "vda", path: "/vda", type: { name: "virtio-blk-pci" } } as BlockUserDevice;
      const attach = () => machine.service(BLOCK).attach("same", { device, writable: true });
      expect(attach).toThrow('Failed to get "write" lock');
    }),
  ));

test("another machine, for as long as the first has it", () =>
  withFile(async (file) => {
    const devices = [controller(ADDRESS, { file })];
    await build(devices, async () => {
      await expect(build(devices)).rejects.toThrow('Failed to get "write" lock');
    });
    await build(devices);
  }));

test("a file that is not of whole blocks is refused", () =>
  withImage(pattern(1000), async (file) => {
    await expect(build([controller(ADDRESS, { file })])).rejects.toThrow(
      `'${file}' cannot be a namespace: its 1000 bytes are not blocks of 512`,
    );
  }));
