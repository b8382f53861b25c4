import { messageOf, type Logger } from "backplane";
import {
  VFIO_PCI_IRQ,
  type VfioDevice,
  type VfioMappedRegion,
  type VfioPciDevice,
  type VfioTime,
} from "../contract.ts";
import { vfioErrors } from "../errors.ts";
import { attempt } from "./attempt.ts";
import type { Dma } from "./dma.ts";

export interface PciDeviceParts {
  readonly address: string;
  readonly time: VfioTime;
  readonly device: VfioDevice;
  readonly dma: Dma;
  readonly barSizes: readonly number[];
  readonly log: Logger;
  /** Gives back everything that was opened, `stop` included. */
  readonly release: () => void;
}

export class PciDevice implements VfioPciDevice {
  readonly address: string;
  readonly time: VfioTime;
  readonly dma: Dma;
  readonly #parts: PciDeviceParts;

  constructor(parts: PciDeviceParts) {
    this.address = parts.address;
    this.time = parts.time;
    this.dma = parts.dma;
    this.#parts = parts;
  }

  mapBar(index: number, offset: number, length: number): VfioMappedRegion {
    const size = Math.min(length, Math.max((this.#parts.barSizes[index] ?? 0) - offset, 0));
    return attempt(() => this.#parts.device.mapRegion(index, offset, size), vfioErrors.VFIO_MAP_BAR);
  }

  /** All vectors of the device are signalled through the first message signalled one. */
  initIrq(index: number, signalled: () => void): void {
    const { device } = this.#parts;
    const { eventfd } = attempt(() => device.irqInfo(index), vfioErrors.VFIO_IRQ_INFO);
    if (!eventfd) throw vfioErrors.VFIO_IRQ_EVENTFD();
    attempt(() => device.setIrq(index, 0, signalled), vfioErrors.VFIO_IRQ_SETUP);
  }

  close(): void {
    this.#parts.release();
  }

  /** The notifiers have been told that all memory goes. What the host refuses now is reported: nothing is left to undo. */
  stop(): void {
    const { device, dma, log } = this.#parts;
    for (const step of [
      () => device.setIrq(VFIO_PCI_IRQ.msix, 0, undefined),
      () => device.reset(),
      () => dma.unmapAll(),
    ]) {
      try {
        step();
      } catch (failure) {
        log.error(messageOf(failure));
      }
    }
  }
}
