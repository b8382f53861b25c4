import { COMMANDS, definePlugin, DEVICES } from "backplane";
import { ACPI_DSDT, ACPI_TABLES } from "backplane/plugins/acpi/contract";
import { SYSTEM_INTERRUPTS } from "backplane/plugins/apic/contract";
import { FW_CFG } from "backplane/plugins/fw-cfg/contract";
import { ISA } from "backplane/plugins/isa/contract";
import { NUMA } from "backplane/plugins/numa/contract";
import { MEMORY_DEVICES } from "backplane/plugins/pc-dimm/contract";
import { PCI } from "backplane/plugins/pci/contract";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { contributeAcpi } from "./acpi.ts";
import { ahciType } from "./ahci.ts";
import { ICH9 } from "./contract.ts";
import { AhciDevice, LpcDevice, SmbusDevice } from "./devices.ts";
import { lpcType } from "./lpc.ts";
import { ospmStatus } from "./ospm-status.ts";
import { Ich9Service } from "./service.ts";
import { smbusType } from "./smbus.ts";
import { OPTIONAL_MEMORY_DEVICES } from "./tokens.ts";

export default definePlugin({
  id: "ich9",
  apiVersion: 1,
  summary: "the ICH9 south bridge: LPC bridge with power management and hot-plug registers, SATA, SMBus",
  requires: [PCI, ISA, SYSTEM_INTERRUPTS, FW_CFG, CPUS],
  uses: [ACPI_TABLES, ACPI_DSDT, NUMA, MEMORY_DEVICES],
  provides: [ICH9, OPTIONAL_MEMORY_DEVICES],
  attach(machine) {
    const service = new Ich9Service(machine.use(SYSTEM_INTERRUPTS));
    const memory = machine.optional(MEMORY_DEVICES);
    machine.provideValue(ICH9, service);
    machine.provideValue(OPTIONAL_MEMORY_DEVICES, { devices: memory });
    const devices = machine.use(DEVICES);
    machine.own(devices.register(lpcType, LpcDevice));
    machine.own(devices.register(ahciType, AhciDevice));
    machine.own(devices.register(smbusType, SmbusDevice));
    machine.own(machine.use(COMMANDS).add(ospmStatus(service)));
    contributeAcpi(machine, service, {
      isa: machine.use(ISA),
      cpus: machine.use(CPUS),
      numa: machine.optional(NUMA),
      slots: memory?.slots ?? 0,
    });
  },
});
