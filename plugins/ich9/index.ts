import { COMMANDS, definePlugin, DEVICES, EVENTS } from "backplane";
import { ACPI_DSDT, ACPI_TABLES } from "backplane/plugins/acpi/contract";
import { SYSTEM_INTERRUPTS } from "backplane/plugins/apic/contract";
import { FW_CFG } from "backplane/plugins/fw-cfg/contract";
import { ISA } from "backplane/plugins/isa/contract";
import { NUMA } from "backplane/plugins/numa/contract";
import { IDE } from "backplane/plugins/ide/contract";
import { MEMORY_DEVICES } from "backplane/plugins/pc-dimm/contract";
import { PCI } from "backplane/plugins/pci/contract";
import { WATCHDOG } from "backplane/plugins/watchdog/contract";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { contributeAcpi } from "./acpi.ts";
import { ahciType } from "./ahci.ts";
import { ICH9 } from "./contract.ts";
import { AhciDevice, LpcDevice, SmbusDevice } from "./devices.ts";
import { lpcType } from "./lpc.ts";
import { injectNmi } from "./inject-nmi.ts";
import { OST_EVENT, ospmStatus } from "./ospm-status.ts";
import { Ich9Service } from "./service.ts";
import { SmbusEepromDevice, smbusEepromType } from "./smbus-eeprom.ts";
import { SmbusSegment } from "./smbus-segment.ts";
import { smbusType } from "./smbus.ts";
import { SUSPEND_DISK_EVENT } from "./power-events.ts";
import { OPTIONAL_IDE, OPTIONAL_MEMORY_DEVICES, SMBUS } from "./tokens.ts";

export default definePlugin({
  id: "ich9",
  apiVersion: 1,
  summary: "the ICH9 south bridge: LPC bridge with power management and hot-plug registers, SATA, SMBus",
  requires: [PCI, ISA, SYSTEM_INTERRUPTS, FW_CFG, CPUS, WATCHDOG],
  uses: [ACPI_TABLES, ACPI_DSDT, NUMA, MEMORY_DEVICES, IDE],
  provides: [ICH9, OPTIONAL_MEMORY_DEVICES, OPTIONAL_IDE, SMBUS],
  attach(machine) {
    const service = new Ich9Service(machine.use(SYSTEM_INTERRUPTS));
    const memory = machine.optional(MEMORY_DEVICES);
    machine.provideValue(ICH9, service);
    machine.provideValue(OPTIONAL_MEMORY_DEVICES, { devices: memory });
    machine.provideValue(OPTIONAL_IDE, { ide: machine.optional(IDE) });
    const devices = machine.use(DEVICES);
    machine.own(devices.register(lpcType, LpcDevice));
    machine.own(devices.register(ahciType, AhciDevice));
    machine.provideValue(SMBUS, new SmbusSegment());
    machine.own(devices.register(smbusType, SmbusDevice));
    machine.own(devices.register(smbusEepromType, SmbusEepromDevice));
    machine.own(machine.use(COMMANDS).add(ospmStatus(service)));
    machine.own(machine.use(COMMANDS).add(injectNmi(service)));
    machine.own(machine.use(WATCHDOG).onNmi(() => service.injectNmi()));
    const events = machine.use(EVENTS);
    for (const event of [OST_EVENT, SUSPEND_DISK_EVENT]) machine.own(events.declare(event));
    contributeAcpi(machine, service, {
      isa: machine.use(ISA),
      cpus: machine.use(CPUS),
      numa: machine.optional(NUMA),
      slots: memory?.slots ?? 0,
    });
  },
});
