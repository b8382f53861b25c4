import {
  ACCESS_UNSPECIFIED,
  HostCallError,
  messageOf,
  type AddressSpace,
  type Disposable,
  type FlatRange,
  type HostAddress,
  type IommuEvent,
  type IommuRegion,
  type Logger,
  type MemoryListener,
  type MemoryRegion,
} from "backplane";
import type { VfioContainer } from "../contract.ts";
import { vfioErrors } from "../errors.ts";
import { attempt } from "../helpers/attempt.ts";

/** Above it stand BARs that are being sized; no processor reaches them, and few IOMMUs. */
const HIGHEST = 2 ** 63;
const WHOLE_SPACE = 2 ** 64;

export interface FollowerParts {
  readonly container: VfioContainer;
  /** Where IOMMUs translate to. */
  readonly systemMemory: AddressSpace;
  readonly log: Logger;
  /** What was mapped once could not be changed: the device no longer sees what the guest means it to see. */
  readonly broken: () => void;
}

/** Whole pages within a range. */
interface Stretch {
  readonly iova: number;
  readonly length: number;
}

/** A listener that keeps a container equal to an address space. Low priority: what is removed, is unmapped late. */
export class SpaceFollower implements MemoryListener {
  readonly name = "vfio-helpers";
  readonly #parts: FollowerParts;
  readonly #pageSize: number;
  /** Registrations with IOMMUs, by where their part starts in the space. */
  readonly #watched = new Map<number, Disposable>();
  /** Until the first commit failures refuse the whole; later they break it. */
  #isStarted = false;
  refusal: Error | undefined;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    const { pageSizes } = attempt(() => parts.container.info(), vfioErrors.VFIO_IOMMU_INFO);
    this.#pageSize = pageSizes & -pageSizes;
  }

  commit(): void {
    this.#isStarted = true;
  }

  regionAdded(range: FlatRange): void {
    const { region } = range;
    const stretch = this.#stretchOf(range);
    if (stretch === undefined) return;
    try {
      if (isIommu(region)) this.#watch(range, region);
      else this.#mapRam(range, stretch);
    } catch (failure) {
      this.#failed(region, failure);
    }
  }

  regionRemoved(range: FlatRange): void {
    const stretch = this.#stretchOf(range);
    if (stretch === undefined) return;
    if (isIommu(range.region)) {
      void this.#watched.get(range.start)?.dispose();
      this.#watched.delete(range.start);
    }
    this.#unmap(stretch);
  }

  /** Undefined for what a device cannot be given: registers, what is beyond reach, less than a page. */
  #stretchOf({ start, length, region, offsetInRegion, isRomDevice }: FlatRange): Stretch | undefined {
    const isMemory = region.kind === "ram" || region.kind === "rom";
    if ((!isMemory && !isIommu(region)) || isRomDevice || start >= HIGHEST) return undefined;
    const page = this.#pageSize;
    if (start % page !== offsetInRegion % page) {
      const at = `iova=0x${start.toString(16)} offset_within_region=0x${offsetInRegion.toString(16)}`;
      this.#parts.log.error(`unaligned region ${region.name} ${at}`);
      return undefined;
    }
    const iova = Math.ceil(start / page) * page;
    const end = Math.floor((start + length) / page) * page;
    return iova < end ? { iova, length: end - iova } : undefined;
  }

  #mapRam({ region, start, offsetInRegion, readonly }: FlatRange, { iova, length }: Stretch): void {
    const block = region.ramBlock;
    if (block === undefined) return;
    const host = (block.hostAddress + offsetInRegion + (iova - start)) as HostAddress;
    this.#map(iova, host, length, !readonly);
  }

  #watch({ start, length, offsetInRegion }: FlatRange, region: IommuRegion): void {
    const offset = start - offsetInRegion;
    const notifier = {
      events: ["map", "unmap"] as const,
      start: offsetInRegion,
      end: offsetInRegion + length,
      index: region.iommu.indexOf?.(ACCESS_UNSPECIFIED) ?? 0,
      notify: (event: IommuEvent) => this.#translated(event, offset),
    };
    this.#watched.set(start, region.addNotifier(notifier));
    region.replay(notifier);
  }

  /** Failures of a guest's own mappings are reported, and the guest's device sees a fault where it has none. */
  #translated(event: IommuEvent, offset: number): void {
    const { target, translated, size, permission } = event;
    const { systemMemory, log } = this.#parts;
    const iova = event.address + offset;
    if (target !== systemMemory) {
      log.error(`Wrong target AS "${target.name}", only system memory is allowed`);
      return;
    }
    if (permission === 0) {
      this.#unmap({ iova, length: size });
      return;
    }
    const place = systemMemory.find(translated as Parameters<AddressSpace["find"]>[0]);
    const block = place?.region.kind === "ram" || place?.region.kind === "rom" ? place.region.ramBlock : undefined;
    if (place === undefined || block === undefined) {
      log.error(`iommu map to non memory area ${translated.toString(16)}`);
      return;
    }
    const writable = (permission & 2) !== 0 && !place.region.readonly;
    try {
      this.#map(iova, (block.hostAddress + place.offset) as HostAddress, size, writable);
    } catch (failure) {
      log.error(messageOf(failure));
    }
  }

  #map(iova: number, host: HostAddress, length: number, write: boolean): void {
    try {
      this.#parts.container.mapDma({ iova, host, length, read: true, write });
    } catch (failure) {
      if (!(failure instanceof HostCallError)) throw failure;
      throw vfioErrors.VFIO_FOLLOW_MAP(iova, length, host, failure.errno, failure.text);
    }
  }

  #unmap({ iova, length }: Stretch): void {
    // The call's length has 64 bits: all of a space is said in halves.
    const halves = length === WHOLE_SPACE ? 2 : 1;
    const size = length / halves;
    for (let half = 0; half < halves; half++) {
      try {
        this.#parts.container.unmapDma({ iova: iova + half * size, length: size });
      } catch (failure) {
        if (!(failure instanceof HostCallError)) throw failure;
        const { errno, text } = failure;
        this.#parts.log.error(vfioErrors.VFIO_FOLLOW_UNMAP(iova, size, errno, text).message);
      }
    }
  }

  #failed(region: MemoryRegion, failure: unknown): void {
    if (!this.#isStarted) {
      this.refusal ??= vfioErrors.VFIO_FOLLOW_REGION(region.name, messageOf(failure));
      return;
    }
    const { log, broken } = this.#parts;
    log.error(messageOf(failure));
    if (region.ramDevice) return;
    log.error("vfio: DMA mapping failed, unable to continue");
    broken();
  }
}

function isIommu(region: MemoryRegion): region is IommuRegion {
  return region.kind === "iommu";
}

/** Throws what the container, or an IOMMU in the space, refuses at the start; nothing is mapped then. */
export function followSpace(space: AddressSpace, parts: FollowerParts): Disposable {
  const follower = new SpaceFollower(parts);
  const registration = space.listen(follower);
  if (follower.refusal === undefined) return registration;
  void registration.dispose();
  throw follower.refusal;
}
