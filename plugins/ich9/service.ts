import { disposable, Registry, type Disposable, type IrqLine } from "backplane";
import type { SystemInterrupts } from "backplane/plugins/apic/contract";
import type { PciBus, PciFunction } from "backplane/plugins/pci/contract";
import type { Ich9, IoBlock } from "./contract.ts";
import { ich9Errors } from "./errors.ts";
import { RESET_VALUE, type LpcBridge } from "./lpc.ts";
import { MEMORY_HOTPLUG_LENGTH } from "./memory-hotplug.ts";
import { PCI_HOTPLUG_LENGTH } from "./pci-hotplug.ts";
import { PORTS } from "./registers.ts";

const CPU_HOTPLUG_LENGTH = 12;

/** The LPC bridge, once it is made. */
export class Ich9Service implements Ich9 {
  readonly #interrupts: SystemInterrupts;
  readonly #nmis = new Registry<() => void>();
  #bridge: LpcBridge | undefined;

  constructor(interrupts: SystemInterrupts) {
    this.#interrupts = interrupts;
  }

  connect(bridge: LpcBridge): Disposable {
    this.#bridge = bridge;
    return disposable(() => {
      this.#bridge = undefined;
    });
  }

  get bridge(): LpcBridge {
    if (this.#bridge === undefined) throw ich9Errors.ICH9_MISSING();
    return this.#bridge;
  }

  get lpc(): PciFunction {
    return this.bridge.lpc;
  }

  get pmBase(): number {
    return this.bridge.pmBase;
  }

  get gpe0(): IoBlock {
    return this.bridge.gpe0;
  }

  get sciInterrupt(): number {
    return this.bridge.sciInterrupt;
  }

  get smmEnabled(): boolean {
    return this.bridge.smmEnabled;
  }

  get smmCompat(): boolean {
    return this.bridge.smmCompat;
  }

  get sleep(): Ich9["sleep"] {
    return this.bridge.sleep;
  }

  get smiFeatures(): number {
    return this.bridge.features.negotiated;
  }

  get resetPort(): { readonly port: number; readonly value: number } {
    return { port: PORTS.reset, value: RESET_VALUE };
  }

  get pciHotplug(): IoBlock | undefined {
    return this.bridge.hotplug === undefined ? undefined : { base: PORTS.pciHotplug, length: PCI_HOTPLUG_LENGTH };
  }

  get cpuHotplug(): IoBlock {
    return { base: PORTS.cpuHotplug, length: CPU_HOTPLUG_LENGTH };
  }

  get memoryHotplug(): IoBlock | undefined {
    return this.bridge.memoryHotplug === undefined
      ? undefined
      : { base: PORTS.memoryHotplug, length: MEMORY_HOTPLUG_LENGTH };
  }

  selectorOf(bus: PciBus): number | undefined {
    return this.#bridge?.hotplug?.selectorOf(bus);
  }

  raiseEvent(gpe: number): void {
    this.bridge.pm.raiseEvent(gpe);
  }

  gsi(line: number): IrqLine {
    return this.#interrupts.line(line);
  }

  onSleep(listener: (type: number) => void): Disposable {
    return this.bridge.pm.sleeps.add(listener);
  }

  /** A watchdog wants the processors' attention, come what may. */
  injectNmi(): void {
    for (const listener of this.#nmis) listener();
  }

  onNmi(listener: () => void): Disposable {
    return this.#nmis.add(listener);
  }

  onSmi(listener: (command: number) => void): Disposable {
    return this.bridge.smi.listeners.add(listener);
  }
}
