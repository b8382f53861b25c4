import { parseAcpiTable } from "../../../plugins/acpi/acpitable-option.ts";
import { type AcpiBlobs, buildAcpi } from "../../../plugins/acpi/build.ts";
import { q35Dsdt } from "../../../plugins/acpi/dsdt/index.ts";
import { buildFacs } from "../../../plugins/acpi/facs.ts";
import { buildFadt } from "../../../plugins/acpi/fadt.ts";
import { buildMadt } from "../../../plugins/acpi/madt.ts";
import { licensedOemIds, oemIds } from "../../../plugins/acpi/oem-ids.ts";
import { type TableImage, acpiTable, HEADER_LENGTH } from "../../../plugins/acpi/table.ts";
import { type AcpiBuildContext, AcpiTables } from "../../../plugins/acpi/tables.ts";
import { userTableImages } from "../../../plugins/acpi/user-tables.ts";
import { buildWaet } from "../../../plugins/acpi/waet.ts";
import { buildHpetTable } from "../../../plugins/hpet/hpet-table.ts";
import { buildDmar } from "../../../plugins/intel-iommu/dmar.ts";
import { buildMcfg } from "../../../plugins/mch/mcfg.ts";
import { buildHmat } from "../../../plugins/numa/hmat.ts";
import { buildSlit } from "../../../plugins/numa/slit.ts";
import { buildSrat } from "../../../plugins/numa/srat.ts";
import { buildNfitStructures } from "../../../plugins/nvdimm/nfit.ts";
import { nvdimmSsdtBody } from "../../../plugins/nvdimm/ssdt.ts";
import { buildNvdimmTables } from "../../../plugins/nvdimm/nvdimm-tables.ts";
import { vmgenidSsdtBody } from "../../../plugins/vmgenid/ssdt.ts";
import { buildVmgenidSsdt } from "../../../plugins/vmgenid/vmgenid-table.ts";
import type { AcpiGolden, Phase } from "../../peer/golden.ts";
import { Workspace } from "../../peer/workspace.ts";
import { type CaseArgs, parseArgs } from "./case-args.ts";
import { dsdtFacts } from "./dsdt-facts.ts";
import * as facts from "./case-facts.ts";
import { goldenTables, tableWith } from "./golden-tables.ts";

const NVDIMM_IO_BASE = 0xa18;

function userTables(golden: AcpiGolden, args: CaseArgs): Uint8Array[] {
  const workspace = new Workspace(golden.files);
  try {
    return args.acpiTables.flatMap((text) =>
      workspace.expand([text]).map((expanded) => parseAcpiTable(expanded).bytes),
    );
  } finally {
    workspace.remove();
  }
}

/** Ours where we have one; the i440fx chipset's comes from the golden. */
function dsdt({ oem }: AcpiBuildContext, golden: AcpiGolden, phase: Phase): TableImage {
  const isQ35 = /^(pc-)?q35/.test(parseArgs(golden.args).machine.get("type") ?? "");
  const peer = (): Uint8Array | undefined =>
    tableWith(goldenTables(golden, phase), "DSDT")?.bytes.subarray(HEADER_LENGTH);
  const aml = isQ35 ? q35Dsdt(dsdtFacts(golden, phase)) : (peer() ?? new Uint8Array());
  return { bytes: acpiTable({ signature: "DSDT", revision: 1, oem }, aml) };
}

function vmgenid({ oem }: AcpiBuildContext, args: CaseArgs): TableImage[] {
  const present = args.devices.some((device) => device.get("driver") === "vmgenid");
  return present ? [buildVmgenidSsdt(oem, vmgenidSsdtBody())] : [];
}

function nvdimm({ oem }: AcpiBuildContext, args: CaseArgs): readonly TableImage[] {
  if (args.machine.get("nvdimm") !== "on") return [];
  const { slots } = facts.memoryOf(args);
  const nfit = facts.nfitFacts(args);
  const structures = buildNfitStructures(nfit);
  const ssdt = nvdimmSsdtBody({ slots, ioBase: NVDIMM_IO_BASE });
  return buildNvdimmTables(oem, { slots, plugged: nfit.nvdimms.length > 0, structures, ssdt });
}

/** The files of one golden's machine, from its command line and what the peer says about its PCI devices. */
export function buildCase(golden: AcpiGolden, phase: Phase): AcpiBlobs {
  const args = parseArgs(golden.args);
  const user = userTables(golden, args);
  const oem = oemIds(Object.fromEntries(args.machine));
  const context: AcpiBuildContext = { oem, licensedOem: licensedOemIds(oem, user) };
  const nodes = facts.nodeMemory(args);
  const distances = facts.distances(args);
  const hmat = facts.hmatFacts(args);
  const dmar = facts.dmarFacts(args, golden, phase);
  const hpet = args.machine.get("hpet") !== "off";

  const tables = new AcpiTables();
  // Registered in an order that is not that of the result.
  tables.add({ place: "user", build: () => userTableImages(user) });
  tables.add({ place: "waet", build: ({ oem }) => [buildWaet(oem)] });
  tables.add({ place: "nvdimm", build: (context) => nvdimm(context, args) });
  tables.add({ place: "iommu", build: ({ oem }) => (dmar ? [buildDmar(oem, dmar)] : []) });
  tables.add({ place: "mcfg", build: ({ oem }) => buildMcfg(oem, facts.pciExpressWindow(args, phase)) });
  tables.add({ place: "hmat", build: ({ oem }) => (hmat ? [buildHmat(oem, hmat)] : []) });
  tables.add({ place: "slit", build: ({ oem }) => (distances ? [buildSlit(oem, distances)] : []) });
  tables.add({ place: "srat", build: ({ oem }) => (nodes.length > 0 ? [buildSrat(oem, facts.sratFacts(args))] : []) });
  tables.add({ place: "hpet", build: ({ oem }) => (hpet ? [buildHpetTable(oem)] : []) });
  tables.add({ place: "vmgenid", build: (context) => vmgenid(context, args) });
  tables.add({ place: "madt", build: ({ oem }) => [buildMadt(oem, facts.madtFacts(args))] });
  tables.add({ place: "fadt", build: ({ licensedOem }) => [buildFadt(licensedOem, facts.fadtFacts(args, phase))] });
  tables.add({ place: "dsdt", build: (context) => [dsdt(context, golden, phase)] });
  tables.add({ place: "facs", build: () => [buildFacs()] });
  return buildAcpi(context, tables.collect(context));
}
