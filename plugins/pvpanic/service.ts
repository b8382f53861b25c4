import { Registry, type Disposable } from "backplane";
import type { AcpiDsdt } from "backplane/plugins/acpi/contract";
import type { Pvpanic } from "./contract.ts";

export class PvpanicService implements Pvpanic {
  /** Where devices describe themselves, on a machine with ACPI. */
  readonly dsdt: AcpiDsdt | undefined;
  readonly #ports = new Registry<number>();

  constructor(dsdt: AcpiDsdt | undefined) {
    this.dsdt = dsdt;
  }

  get ports(): readonly number[] {
    return [...this.#ports];
  }

  add(port: number): Disposable {
    return this.#ports.add(port);
  }
}
