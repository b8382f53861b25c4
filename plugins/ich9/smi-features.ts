// How firmware agrees with the chipset on what a broadcast SMI means: three fw_cfg files (OVMF's protocol).
import type { FwCfg } from "backplane/plugins/fw-cfg/contract";

export const SMI_FEATURE = { broadcast: 1, cpuHotplug: 2, cpuHotUnplug: 4 } as const;

/** What a migration carries. */
export interface SmiFeaturesState {
  readonly requested: Uint8Array;
  agreed: number;
  negotiated: bigint;
}

export class SmiFeatures {
  readonly #offered: number;
  readonly #requested = new Uint8Array(8);
  readonly #agreed = new Uint8Array(1);
  #negotiated = 0;

  constructor(offered: number) {
    this.#offered = offered;
  }

  get negotiated(): number {
    return this.#negotiated;
  }

  publish(fwCfg: FwCfg): void {
    const supported = new Uint8Array(8);
    supported[0] = this.#offered;
    fwCfg.addFile("etc/smi/supported-features", supported);
    fwCfg.addFile("etc/smi/requested-features", this.#requested, { writable: true });
    fwCfg.addFile("etc/smi/features-ok", this.#agreed, { onSelect: () => this.#negotiate() });
  }

  captureState(): SmiFeaturesState {
    return {
      requested: this.#requested.slice(),
      agreed: this.#agreed[0] ?? 0,
      negotiated: BigInt(this.#negotiated),
    };
  }

  restoreState({ requested, agreed, negotiated }: SmiFeaturesState): void {
    this.#requested.set(requested);
    this.#agreed[0] = agreed;
    this.#negotiated = Number(negotiated) & this.#offered;
  }

  reset(): void {
    this.#requested.fill(0);
    this.#agreed[0] = 0;
    this.#negotiated = 0;
  }

  /** Inside the select of `features-ok`: once agreed, it stays until reset. */
  #negotiate(): void {
    if (this.#agreed[0] === 1) return;
    const [wanted = 0, ...rest] = this.#requested;
    if (rest.some((byte) => byte !== 0) || (wanted & ~this.#offered) !== 0) return;
    const hotplug = wanted & (SMI_FEATURE.cpuHotplug | SMI_FEATURE.cpuHotUnplug);
    if (hotplug !== 0 && (wanted & SMI_FEATURE.broadcast) === 0) return;
    if (hotplug === SMI_FEATURE.cpuHotUnplug) return;
    this.#negotiated = wanted;
    this.#agreed[0] = 1;
  }
}
