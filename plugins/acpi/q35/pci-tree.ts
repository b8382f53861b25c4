import type { AcpiDsdt, PciBusFacts, PciFunctionFacts } from "backplane/plugins/acpi/contract";
import type { Ich9 } from "backplane/plugins/ich9/contract";
import type { PciBus, PciFunction } from "backplane/plugins/pci/contract";

/** The PCI tree as it is at this moment, with the hot-plug controller's numbers and each device's own description. */
export class PciTree {
  readonly #ich9: Ich9;
  readonly #dsdt: AcpiDsdt;

  constructor(ich9: Ich9, dsdt: AcpiDsdt) {
    this.#ich9 = ich9;
    this.#dsdt = dsdt;
  }

  facts(bus: PciBus): PciBusFacts {
    const selector = this.#ich9.selectorOf(bus);
    return {
      express: bus.express,
      hotpluggable: bus.hotplug !== undefined,
      ...(selector === undefined ? {} : { selector }),
      functions: bus.functions.map((candidate) => this.#function(candidate)),
    };
  }

  #function(candidate: PciFunction): PciFunctionFacts {
    const { devfn, hotpluggable, hotplugged, acpiIndex, secondary, device } = candidate;
    return {
      devfn,
      hotpluggable,
      hotplugged,
      ...(acpiIndex > 0 ? { acpiIndex } : {}),
      ...(secondary ? { secondary: this.facts(secondary) } : {}),
      describe: () => this.#dsdt.descriptionOf(device.path),
    };
  }
}
