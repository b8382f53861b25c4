import { messageOf, type HostAddress, type HostMapping, type HostMappingNotifier, type Logger } from "backplane";
import type { RAMBlock, RAMBlockNotifier } from "backplane";
import type { VfioDma } from "../contract.ts";

/**
 * Keeps all host memory mapped for a device: each RAM block whole, up to the length that it may grow to, so that a resize
 * changes nothing. A block that cannot be mapped is reported; requests in it are then mapped one by one.
 */
export class HostMemoryNotifier implements RAMBlockNotifier, HostMappingNotifier {
  readonly name = "vfio-helpers";
  readonly #dma: VfioDma;
  readonly #log: Logger;
  /** What was mapped, and will be unmapped. */
  readonly #mapped = new Set<HostAddress>();

  constructor(dma: VfioDma, log: Logger) {
    this.#dma = dma;
    this.#log = log;
  }

  ramBlockAdded({ hostAddress, maxLength }: RAMBlock): void {
    this.#add(hostAddress, maxLength);
  }

  ramBlockRemoved({ hostAddress }: RAMBlock): void {
    this.#remove(hostAddress);
  }

  hostMappingAdded({ hostAddress, length }: HostMapping): void {
    this.#add(hostAddress, length);
  }

  hostMappingRemoved({ hostAddress }: HostMapping): void {
    this.#remove(hostAddress);
  }

  #add(host: HostAddress, length: number): void {
    try {
      this.#dma.map(host, length, "fixed");
      this.#mapped.add(host);
    } catch (failure) {
      this.#log.error(`qemu_vfio_dma_map(0x${host.toString(16)}, ${length}) failed: ${messageOf(failure)}`);
    }
  }

  /** That the host does not unmap is nothing that the block's owner could do anything about. */
  #remove(host: HostAddress): void {
    if (!this.#mapped.delete(host)) return;
    try {
      this.#dma.unmap(host);
    } catch (failure) {
      this.#log.error(messageOf(failure));
    }
  }
}
