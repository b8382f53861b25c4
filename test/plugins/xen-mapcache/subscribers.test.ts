// Windows are announced to the real subscribers of host mappings: an encrypted guest pins them, a VFIO container maps
// them, a migration hears nothing.
import { expect, test } from "vitest";
import { HOST_MAPPING_NOTIFIERS, HOST_RESOURCES, MiB, RAM_BLOCK_NOTIFIERS, type Machine } from "backplane";
import { withMachine } from "backplane/kit";
import xenMapCache from "../../../plugins/xen-mapcache/index.ts";
import migrationRam from "../../../plugins/migration/ram/index.ts";
import { encrypted } from "../sev/encrypted-machine.ts";
import { benchOf, vfioMachine, withImage } from "../vfio-helpers/vfio-machine.ts";
import { BUCKET, Rig } from "./rig.ts";

/** Refuses what SEV registers for the n-th time. */
const refusing = (nth: number) => encrypted({ sev: { faults: [{ call: "registerRegion", nth, errno: "ENOMEM" }] } });

test("a window that sev cannot pin is not mapped, and nobody knows of it", async () => {
  const machineOf = ({ options = {}, ...board }: ReturnType<typeof encrypted>) => ({
    ...board,
    options: { ...options, "xen-mapcache": { value: {} } },
    with: [xenMapCache],
  });
  const blocks = await withMachine(machineOf(encrypted()), (machine) => held(machine)["sev regions"] ?? 0);
  await withMachine(machineOf(refusing(blocks + 1)), (machine, log) => {
    const rig = new Rig(machine, log);
    expect(() => rig.map(0, { lock: true, size: 1 })).toThrow("Cannot allocate memory");
    expect([rig.windows(), machine.service(HOST_MAPPING_NOTIFIERS).mappings()]).toEqual([[], []]);
    expect(held(machine)["sev regions"]).toBe(blocks);
  });
});

/** What the modelled hosts have lent to the others. */
function held(machine: Machine): Record<string, number> {
  const others = machine
    .service(HOST_RESOURCES)
    .all()
    .filter(({ name }) => !name.startsWith("xen-mapcache"));
  return Object.fromEntries(others.map((resource) => [resource.name, resource.outstanding()]));
}

test("sev pins and vfio maps each window while it is there; migration hears nothing", () =>
  withImage(new Uint8Array(MiB), (file) => {
    const { with: vfio = [], options: vfioOptions = {} } = vfioMachine(file);
    const { options: sevOptions = {}, ...board } = encrypted();
    const options = { ...sevOptions, ...vfioOptions, "xen-mapcache": { value: { "long-bits": 32 } } };
    return withMachine({ ...board, options, with: [...vfio, xenMapCache, migrationRam] }, async (machine, log) => {
      const rig = new Rig(machine, log);
      await benchOf(machine, log, file).open();
      const subscribers = machine
        .service(HOST_MAPPING_NOTIFIERS)
        .subscriptions()
        .map(({ name }) => name);
      expect(subscribers).toEqual(expect.arrayContaining(["sev", "vfio-helpers"]));
      expect(subscribers).not.toContain("migration/ram");
      const blocks: string[] = [];
      machine.service(RAM_BLOCK_NOTIFIERS).observe(({ kind }) => blocks.push(kind));

      const before = held(machine);
      const at = rig.mapped(BUCKET, { lock: true, size: 1 });
      const with1 = held(machine);
      rig.mapped(3 * BUCKET);
      const with2 = held(machine);
      rig.cache.invalidateEntry(at);
      rig.cache.invalidate();

      const grown = Object.keys(before).filter((name) => (with1[name] ?? 0) > (before[name] ?? 0));
      expect(grown.some((name) => name.startsWith("sev"))).toBe(true);
      expect(grown.some((name) => name.startsWith("vfio-helpers"))).toBe(true);
      for (const name of grown) {
        const each = (with1[name] ?? 0) - (before[name] ?? 0);
        expect(with2[name], name).toBe((with1[name] ?? 0) + each);
      }
      expect(held(machine)).toEqual(before);
      expect(blocks).toEqual([]);
      expect(log.filter(({ level }) => level === "error")).toEqual([]);
    });
  }));
