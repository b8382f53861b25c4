import {
  CLOCK,
  DEVICE,
  disposable,
  inject,
  injectable,
  MEMORY_REGIONS,
  type Clock,
  type Device,
  type DeviceContext,
  type DeviceType,
  type MemoryRegions,
} from "backplane";
import {
  CLASS,
  PCI,
  pciProperties,
  type Pci,
  type PciDeviceState,
  type PciFunction,
} from "backplane/plugins/pci/contract";
import { WATCHDOG, type Watchdogs } from "./contract.ts";
import { TwoStageTimer, type TwoStageState } from "./two-stage-timer.ts";
import { WatchdogConfig } from "./watchdog-config.ts";

const VENDOR_INTEL = 0x8086;
const DEVICE_WATCHDOG = 0x25ab;

export const i6300esbType = {
  name: "i6300esb",
  bus: "PCI",
  description: "Intel 6300ESB",
  category: "watchdog",
  properties: { ...pciProperties },
} satisfies DeviceType;

/** What a migration carries of the device. */
export interface I6300esbState {
  readonly pci: PciDeviceState;
  readonly timer: TwoStageState;
}

@injectable()
export class I6300esbDevice implements Device {
  #card: PciFunction | undefined;

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof i6300esbType.properties>,
    @inject(PCI) private readonly pci: Pci,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(WATCHDOG) private readonly watchdogs: Watchdogs,
  ) {}

  realize(): void {
    const { device } = this;
    const timer = new TwoStageTimer(this.clock, this.regions, device.log, () => this.watchdogs.expired(device.log));
    const registers = new WatchdogConfig(timer);
    const card = this.pci.plug({
      device,
      vendorId: VENDOR_INTEL,
      deviceId: DEVICE_WATCHDOG,
      classId: CLASS.systemOther,
      configReading: (offset, size) => this.#card !== undefined && registers.reading(this.#card.config, offset, size),
      configWritten: (offset, size, value) =>
        this.#card !== undefined && registers.written(this.#card.config, offset, size, value),
      reset: () => timer.reset(),
    });
    this.#card = card;
    device.own(timer);
    device.own(
      disposable(() => {
        this.#card = undefined;
      }),
    );
    card.addBar(0, "memory", timer.region);
    device.carry({
      kind: "captured",
      idstr: `${card.path}/i6300esb_wdt`,
      version: 10_000,
      description: async () => (await import("./late/states.ts")).I6300ESB,
      capture: (): I6300esbState => {
        registers.showPlain(card.config);
        return { pci: card.captureState(), timer: timer.captureState() };
      },
      restore: (state) => {
        card.restoreState(state.pci);
        registers.adopt(card.config);
        timer.restoreState(state.timer);
      },
    });
  }

  unplug(): void {
    this.#card?.requestUnplug();
  }
}
