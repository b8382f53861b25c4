import { COMMANDS, definePlugin, DEVICES, LIFECYCLE, MACHINE, q, RESETS } from "backplane";
import { ACPI_TABLES } from "backplane/plugins/acpi/contract";
import { FW_CFG } from "backplane/plugins/fw-cfg/contract";
import { contributeAcpi } from "./acpi.ts";
import { VMGENID } from "./contract.ts";
import { VMGENID_DEVICE, VmgenidDevice } from "./device.ts";
import { vmgenidErrors } from "./errors.ts";
import { vmgenidOptions, type VmgenidOptions } from "./options.ts";
import { randomUuid } from "./random-uuid.ts";
import { VMGENID_STATE, VmgenidState } from "./state.ts";
import { VMGENID_ADDRESS_FILE, VMGENID_GUID_FILE, vmgenidPage } from "./vmgenid-table.ts";

export default definePlugin<VmgenidOptions>({
  id: "vmgenid",
  apiVersion: 1,
  summary: "VM generation ID device: a GUID that changes when a guest is copied",
  requires: [FW_CFG],
  uses: [ACPI_TABLES],
  provides: [VMGENID, VMGENID_STATE],
  options: vmgenidOptions,
  attach(machine, options) {
    const state = new VmgenidState(() => options.auto?.toLowerCase() ?? randomUuid());
    machine.provideValue(VMGENID, state);
    machine.provideValue(VMGENID_STATE, state);
    machine.own(machine.use(DEVICES).register(VMGENID_DEVICE, VmgenidDevice));
    contributeAcpi(machine, state);
    const fwCfg = machine.use(FW_CFG);
    const hasAcpi = machine.use(MACHINE).properties.string("acpi") !== "off";
    machine.own(
      machine.use(LIFECYCLE).on("done", () => {
        if (state.guid === undefined || !hasAcpi) return;
        fwCfg.addFile(VMGENID_GUID_FILE, vmgenidPage(state.guid));
        fwCfg.addFile(VMGENID_ADDRESS_FILE, state.address, { writable: true });
      }),
    );
    // The firmware will say anew where it put the GUID.
    machine.own(machine.use(RESETS).add(() => void state.address.fill(0)));
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
