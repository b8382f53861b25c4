import { describe, expect, test } from "vitest";
import type { Machine } from "backplane";
import { withMachine } from "backplane/kit";
import { DEFAULT_OEM_IDS } from "../../../plugins/acpi/oem-ids.ts";
import { FW_CFG, FW_CFG_KEYS } from "../../../plugins/fw-cfg/contract.ts";
import { NUMA } from "../../../plugins/numa/contract.ts";
import { buildHmat } from "../../../plugins/numa/hmat.ts";
import { buildSlit } from "../../../plugins/numa/slit.ts";
import { buildSrat } from "../../../plugins/numa/srat.ts";
import { PC_MEMORY } from "../../../plugins/pc-memory/contract.ts";
import { CPUS } from "../../../plugins/x86-cpu/contract.ts";
import { acpiGoldenNames, loadAcpiGolden } from "../../peer/golden.ts";
import { goldenTables, tableWith } from "../acpi/golden-tables.ts";
import { pcMachine } from "./pc-machine.ts";

// Machines with memory slots have a node although nobody asked for one. NVDIMMs are entries of the SRAT, and not here.
const goldens = acpiGoldenNames()
  .map(loadAcpiGolden)
  .filter(
    ({ args, phases }) =>
      phases["machine-done"]?.blobs["etc/acpi/tables"] !== undefined && !args.join().includes("nvdimm=on"),
  )
  .filter(({ args }) => args.some((arg) => arg === "-numa" || arg.includes("slots=")) || args.includes("-smp"));

function srat(machine: Machine): Uint8Array | undefined {
  const [numa, cpus, memory] = [machine.service(NUMA), machine.service(CPUS), machine.service(PC_MEMORY)];
  const devices = memory.deviceMemoryRange;
  if (numa.nodes.length === 0) return undefined;
  return buildSrat(DEFAULT_OEM_IDS, {
    cpus: cpus.possible.map(({ apicId, index }) => ({ apicId, node: numa.nodeOfCpu(index) })),
    nodeMemory: numa.nodes.map((node) => node.memory),
    ram: memory,
    ...(devices === undefined ? {} : { hotplug: { base: devices.base, length: devices.size } }),
  }).bytes;
}

function hmat(machine: Machine): Uint8Array | undefined {
  const { nodes, hmat } = machine.service(NUMA);
  if (hmat === undefined) return undefined;
  return buildHmat(DEFAULT_OEM_IDS, {
    nodes: nodes.map(({ memory, hasCpu, initiator }) => ({
      hasMemory: memory > 0,
      isInitiator: hasCpu,
      ...(initiator === undefined ? {} : { nearestInitiator: initiator }),
    })),
    ...hmat,
  }).bytes;
}

describe("the nodes that tables are made of", () => {
  test.each(goldens.map((golden) => [golden.name, golden] as const))("%s", async (_name, golden) => {
    const tables = goldenTables(golden, "machine-done");
    const expected = (signature: string) => {
      const table = tableWith(tables, signature);
      // Without the checksum, which the guest's loader fills in.
      return table && Buffer.from(table.bytes).toString("hex");
    };
    await withMachine(pcMachine(golden.args), (machine) => {
      const { distances } = machine.service(NUMA);
      const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString("hex");
      expect(hex(srat(machine))).toBe(expected("SRAT"));
      expect(hex(distances && buildSlit(DEFAULT_OEM_IDS, distances).bytes)).toBe(expected("SLIT"));
      expect(hex(hmat(machine))).toBe(expected("HMAT"));
    });
  });
});

// Read from the peer's guest, key 0x0d, as 64-bit numbers.
const ITEMS = [
  ["-m 256M", [0, 0]],
  ["-m 256M,slots=2,maxmem=1G", [1, 0, 0x10000000]],
  [
    "-m 256M -smp 4,sockets=2 -object memory-backend-ram,id=a,size=192M -object memory-backend-ram,id=b,size=64M -numa node,memdev=a -numa node,memdev=b",
    [2, 0, 0, 1, 1, 0xc000000, 0x4000000],
  ],
  [
    "-m 256M -smp 6,sockets=2,cores=3 -object memory-backend-ram,id=a,size=192M -object memory-backend-ram,id=b,size=64M -numa node,memdev=a -numa node,memdev=b",
    [2, 0, 0, 0, 0, 1, 1, 1, 0xc000000, 0x4000000],
  ],
] as const;

describe("the fw_cfg item numa", () => {
  test.each(ITEMS)("%s", async (args, values) => {
    await withMachine(pcMachine(args.split(" ")), (machine) => {
      const fwCfg = machine.service(FW_CFG);
      fwCfg.select(FW_CFG_KEYS.numa);
      const bytes = Buffer.from(fwCfg.read(8 * (values.length + 4)));
      const read = Array.from({ length: values.length + 4 }, (_, at) => Number(bytes.readBigUInt64LE(8 * at)));
      expect(read).toEqual([...values, 0, 0, 0, 0]);
    });
  });
});

describe("a definition", () => {
  test("says the same as a command line", async () => {
    const args =
      "-machine hmat=on -m 256M -smp 4,sockets=2 -object memory-backend-ram,id=a,size=192M -object memory-backend-ram,id=b,size=64M";
    const numa = {
      nodes: [{ memdev: "a", cpus: ["0-1"] }, { memdev: "b" }],
      distances: [{ src: 0, dst: 1, val: 25 }],
      cpus: [{ "node-id": 1, "socket-id": 1 }],
      hmat: {
        localities: [
          { initiator: 0, target: 1, hierarchy: "memory", "data-type": "read-latency", latency: 20 },
          { initiator: 0, target: 1, hierarchy: "memory", "data-type": "read-bandwidth", bandwidth: "2G" },
        ],
        caches: [{ "node-id": 1, size: "1M", level: 1, associativity: "direct", policy: "write-back", line: 64 }],
      },
    };
    await withMachine(pcMachine(args.split(" "), { numa: { value: numa } }), (machine) => {
      const { nodes, distances, hmat } = machine.service(NUMA);
      expect(nodes).toEqual([
        { id: 0, memory: 0xc000000, memdev: "a", initiator: 0, hasCpu: true },
        { id: 1, memory: 0x4000000, memdev: "b", initiator: 1, hasCpu: true },
      ]);
      expect(distances).toEqual([
        [10, 25],
        [25, 10],
      ]);
      expect([0, 1, 2, 3].map((index) => machine.service(NUMA).nodeOfCpu(index))).toEqual([0, 0, 1, 1]);
      expect(hmat?.localities).toHaveLength(2);
      expect(hmat?.caches).toEqual([
        { node: 1, size: 1024 * 1024, level: 1, associativity: "direct", policy: "write-back", lineSize: 64 },
      ]);
    });
  });

  test("is pointed at where it is wrong", async () => {
    const locate = (path: readonly PropertyKey[]) => ({ ...origin, path: `numa.${path.join(".")}` });
    const origin = { kind: "file", file: "x.yaml", line: 1, column: 1, path: "numa", sourceLine: "" } as const;
    const numa = { nodes: [{ nodeid: 0 }, { nodeid: 0 }] };
    const machine = withMachine(
      pcMachine(["-m", "256M"], { numa: { value: numa, origin: { ...origin, locate } } }),
      () => 0,
    );
    await expect(machine).rejects.toMatchObject({ code: "NUMA_NODE_DUPLICATE", path: ["nodes", 1] });
  });
});
