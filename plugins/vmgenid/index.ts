import { COMMANDS, definePlugin, DEVICES, LIFECYCLE, MACHINE, q, RESETS, SYSTEM_MEMORY } from "backplane";
import { ACPI_TABLES } from "backplane/plugins/acpi/contract";
import { FW_CFG, type FwCfgFile } from "backplane/plugins/fw-cfg/contract";
import { ICH9 } from "backplane/plugins/ich9/contract";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { contributeAcpi } from "./acpi.ts";
import { followArrivals } from "./arrival.ts";
import { VMGENID } from "./contract.ts";
import { VMGENID_DEVICE, VmgenidDevice } from "./device.ts";
import { vmgenidErrors } from "./errors.ts";
import { VMGENID_HEARS } from "./hears.ts";
import { vmgenidOptions, type VmgenidOptions } from "./options.ts";
import { randomUuid } from "./random-uuid.ts";
import { VMGENID_STATE, VmgenidState } from "./state.ts";
import { VMGENID_ADDRESS_FILE, VMGENID_GUID_FILE, vmgenidPage } from "./vmgenid-table.ts";

export default definePlugin<VmgenidOptions>({
  id: "vmgenid",
  apiVersion: 1,
  summary: "VM generation ID device: a GUID that changes when a guest is copied",
  requires: [FW_CFG],
  uses: [ACPI_TABLES, ICH9, MIGRATION],
  provides: [VMGENID, VMGENID_STATE],
  hears: [VMGENID_HEARS],
  options: vmgenidOptions,
  attach(machine, options) {
    const state = new VmgenidState(() => options.auto?.toLowerCase() ?? randomUuid());
    machine.provideValue(VMGENID, state);
    machine.provideValue(VMGENID_STATE, state);
    machine.own(machine.use(DEVICES).register(VMGENID_DEVICE, VmgenidDevice));
    contributeAcpi(machine, state);
    const fwCfg = machine.use(FW_CFG);
    const hasAcpi = machine.use(MACHINE).properties.string("acpi") !== "off";
    const memory = machine.use(SYSTEM_MEMORY);
    let page: FwCfgFile | undefined;
    const findBlock = (): void => {
      state.block = state.guestAddress === 0 ? undefined : memory.find(state.guestAddress)?.region.ramBlock;
    };
    machine.own(
      machine.use(LIFECYCLE).on("done", () => {
        if (state.guid === undefined || !hasAcpi) return;
        page = fwCfg.addFile(VMGENID_GUID_FILE, vmgenidPage(state.guid));
        fwCfg.addFile(VMGENID_ADDRESS_FILE, state.address, { writable: true, onWrite: findBlock });
      }),
    );
    // The firmware will say anew where it put the GUID.
    machine.own(machine.use(RESETS).add(() => state.forgetAddress()));
    followArrivals(machine, state, options, findBlock, (guid) => page?.update(vmgenidPage(guid)));
    machine.own(
      machine.use(COMMANDS).add({
        name: "query-vm-generation-id",
        summary: "The machine's generation ID",
        arguments: q.none,
        result: q.struct("GuidInfo", { guid: q.str }),
        run() {
          if (state.guid === undefined) throw vmgenidErrors.VMGENID_NO_DEVICE();
          return { guid: state.guid };
        },
      }),
    );
  },
});
