import type { SmbiosTables } from "./build.ts";
import type { Smbios } from "./contract.ts";

/** The machine's tables, once they are built. */
export class MachineSmbios implements Smbios {
  #built: SmbiosTables | undefined;

  complete(built: SmbiosTables): void {
    this.#built = built;
  }

  get tables(): Uint8Array {
    return this.#known().tables;
  }

  get anchor(): Uint8Array {
    return this.#known().anchor;
  }

  #known(): SmbiosTables {
    if (this.#built === undefined) throw new TypeError("the SMBIOS tables are built in the phase 'done'");
    return this.#built;
  }
}
