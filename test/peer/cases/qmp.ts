import { type QmpCase, NEGOTIATE, NONE, afterNegotiation, hmp, run } from "./qmp-case.ts";
import { blockConversations } from "./qmp-block.ts";
import { memoryQmpCases } from "./qmp-memory.ts";
import { commandConversations } from "./qmp-commands.ts";
import { syntaxConversations } from "./qmp-syntax.ts";
import { migrationConversations } from "./qmp-migration.ts";
import { qomConversations } from "./qmp-qom.ts";
import { sevConversations } from "./qmp-sev.ts";
import { acpiCases } from "./acpi.ts";

const seedMachine = acpiCases.find((test) => test.name === "seed");
if (!seedMachine) throw new Error("the seed's machine is not among the ACPI cases");
const seedFiles = seedMachine.files ?? [];
const Q35 = ["-machine", "q35,accel=tcg", "-m", "256M", "-nodefaults", "-display", "none", "-serial", "none"];

const queries: QmpCase[] = [
  afterNegotiation(
    "none-queries",
    run("query-status"),
    run("query-version"),
    run("query-name"),
    run("query-kvm"),
    run("query-uuid"),
    run("query-chardev"),
    run("query-iothreads"),
    run("query-memdev"),
    run("query-memory-devices"),
    run("query-memory-size-summary"),
    run("x-query-ramblock"),
    run("query-commands"),
    run("query-target"),
    run("query-pci"),
    run("query-hotpluggable-cpus"),
    run("query-vm-generation-id"),
    run("query-acpi-ospm-status"),
    run("qom-list", { path: "/" }),
    run("qom-list", { path: "/machine" }),
    run("qom-list", { path: "/objects" }),
    run("qom-list", { path: "/nosuch" }),
    run("qom-list"),
    run("qom-get", { path: "/machine", property: "type" }),
    run("qom-get", { path: "/machine", property: "nosuch" }),
    run("qom-get", { path: "/nosuch", property: "type" }),
  ),
  afterNegotiation(
    "none-run-state",
    run("stop"),
    run("query-status"),
    run("cont"),
    run("query-status"),
    run("cont"),
    run("stop"),
    run("query-status"),
    run("system_reset"),
    run("query-status"),
    run("cont"),
    run("query-status"),
    run("system_powerdown"),
    run("quit"),
  ),
  {
    name: "q35-run-state",
    args: [...Q35, "-name", "guest name"],
    steps: [
      NEGOTIATE,
      run("query-name"),
      run("query-status"),
      run("system_reset"),
      run("query-status"),
      run("cont"),
      run("query-status"),
      run("stop"),
      run("query-status"),
      run("system_reset"),
      run("query-status"),
      run("quit"),
    ],
  },
  afterNegotiation(
    "none-objects",
    run("object-add", { "qom-type": "memory-backend-ram", id: "m0", size: 1048576 }),
    run("object-add", { "qom-type": "memory-backend-ram", id: "m0", size: 1048576 }),
    run("object-add", { "qom-type": "memory-backend-ram", id: "m1" }),
    run("object-add", { "qom-type": "memory-backend-ram", id: "m1", size: "big" }),
    run("object-add", { "qom-type": "memory-backend-ram", id: "m1", size: 0 }),
    run("object-add", { "qom-type": "nosuch", id: "m1" }),
    run("object-add", { id: "m1" }),
    run("object-add", { "qom-type": "memory-backend-ram", id: "1m", size: 4096 }),
    run("object-add", { "qom-type": "memory-backend-ram", id: "m1", size: 4096, nosuch: 1 }),
    run("query-memdev"),
    run("x-query-ramblock"),
    run("object-del", { id: "m0" }),
    run("object-del", { id: "m0" }),
    run("object-del"),
    run("x-query-ramblock"),
  ),
  {
    name: "q35-devices",
    args: [...Q35, "-device", "pcie-root-port,id=rp0,chassis=1"],
    steps: [
      NEGOTIATE,
      run("device_add", { driver: "nosuch" }),
      run("device_add", { id: "x" }),
      run("device_add", { driver: "vmgenid", id: "g" }),
      run("device_add", { driver: "intel-iommu" }),
      run("device_add", { driver: "pc-dimm", memdev: "nosuch" }),
      run("device_add", { driver: "pcie-root-port", id: "rp1" }),
      run("device_add", { driver: "pcie-pci-bridge", id: "b", bus: "rp0" }),
      run("device_add", { driver: "pcie-pci-bridge", id: "b", bus: "rp0" }),
      run("device_del", { id: "nosuch" }),
      run("device_del", { id: "rp0" }),
      run("device_del"),
      run("query-pci"),
    ],
  },
  {
    name: "seed-queries",
    args: seedMachine.args.map((arg) =>
      arg === "vmgenid" ? "vmgenid,guid=324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87" : arg,
    ),
    files: seedFiles,
    steps: [
      NEGOTIATE,
      run("query-status"),
      run("query-memory-devices"),
      run("query-memdev"),
      run("query-memory-size-summary"),
      run("x-query-ramblock"),
      run("query-vm-generation-id"),
      run("query-pci"),
      run("query-acpi-ospm-status"),
      run("qom-list", { path: "/objects" }),
      run("qom-list", { path: "/machine/peripheral" }),
      run("qom-list", { path: "/machine/peripheral/nvdimm0" }),
      run("object-del", { id: "mem0" }),
      hmp("info ramblock"),
      hmp("info memory-devices"),
      hmp("info memdev"),
      hmp("info mtree"),
    ],
  },
  {
    name: "none-mtree",
    args: NONE,
    steps: [NEGOTIATE, hmp("info mtree"), hmp("info mtree -f"), hmp("info ramblock"), hmp("nosuch"), hmp("")],
  },
  {
    name: "q35-mtree",
    args: Q35,
    steps: [NEGOTIATE, hmp("info mtree"), hmp("info mtree -f"), hmp("info ramblock"), hmp("info status")],
  },
];

export const qmpCases: readonly QmpCase[] = [
  ...memoryQmpCases,
  ...syntaxConversations,
  ...queries,
  ...blockConversations,
  ...commandConversations,
  ...qomConversations,
  ...sevConversations,
  ...migrationConversations,
];
