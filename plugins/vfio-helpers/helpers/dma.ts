import { BackplaneError, HostCallError, type HostAddress } from "backplane";
import type { IovaRange, VfioContainer, VfioDma } from "../contract.ts";
import { vfioErrors } from "../errors.ts";
import { OrderedTable } from "../ordered-table.ts";
import { IOVA_MAX, IovaAllocator } from "./iova-allocator.ts";

interface FixedMapping {
  readonly host: HostAddress;
  readonly length: number;
  readonly iova: number;
  /** A block's notifier and a buffer that was registered may both ask for the same memory. */
  holders: number;
}

export interface DmaOptions {
  readonly pageSize: number;
  readonly ranges: readonly IovaRange[] | undefined;
}

/** The mappings of an opened device. */
export class Dma implements VfioDma {
  readonly pageSize: number;
  readonly #container: VfioContainer;
  readonly #iovas: IovaAllocator;
  /** By host address; they do not overlap. */
  readonly #fixed = new OrderedTable<FixedMapping>();

  constructor(container: VfioContainer, { pageSize, ranges }: DmaOptions) {
    this.pageSize = pageSize;
    this.#container = container;
    this.#iovas = new IovaAllocator(ranges);
  }

  get fixedMappings(): number {
    return this.#fixed.size;
  }

  get fixedEnd(): number {
    return this.#iovas.low;
  }

  get temporaryStart(): number {
    return this.#iovas.high;
  }

  map(host: HostAddress, length: number, kind: "fixed" | "temporary"): number {
    const known = this.#find(host);
    if (known !== undefined && host + length <= known.host + known.length) {
      if (kind === "fixed") known.holders++;
      return known.iova + (host - known.host);
    }
    return kind === "fixed" ? this.#mapFixed(host, length) : this.#mapTemporary(host, length);
  }

  unmap(host: HostAddress): void {
    const mapping = this.#find(host);
    if (mapping === undefined) return;
    mapping.holders--;
    if (mapping.holders > 0) return;
    // Whatever the host says, nobody may count on the mapping any more.
    this.#fixed.delete(mapping.host);
    this.#call(() => this.#container.unmapDma({ iova: mapping.iova, length: mapping.length }), "unmap");
  }

  resetTemporary(): void {
    const { high } = this.#iovas;
    if (high === IOVA_MAX) return;
    this.#call(() => this.#container.unmapDma({ iova: high, length: IOVA_MAX - high }), "unmap");
    this.#iovas.resetTemporary();
  }

  iovaOf(host: HostAddress): number | undefined {
    const mapping = this.#find(host);
    return mapping && mapping.iova + (host - mapping.host);
  }

  /** Nobody uses the device any more. What the host refuses goes with the container. */
  unmapAll(): void {
    this.#fixed.clear();
    this.#iovas.resetTemporary();
    this.#call(() => this.#container.unmapDma("all"), "unmap");
  }

  #mapFixed(host: HostAddress, length: number): number {
    const last = this.#fixed.atOrBelow(host + length - 1);
    if (last !== undefined && last.host + last.length > host) {
      throw mapFailure(new HostCallError("mapDma", "EEXIST"));
    }
    const iova = this.#iovas.findFixed(length);
    this.#call(() => this.#container.mapDma({ iova, host, length, read: true, write: true }), "map");
    this.#iovas.takeFixed(iova, length);
    this.#fixed.set(host, { host, length, iova, holders: 1 });
    return iova;
  }

  #mapTemporary(host: HostAddress, length: number): number {
    const iova = this.#iovas.findTemporary(length);
    this.#call(() => this.#container.mapDma({ iova, host, length, read: true, write: true }), "map");
    this.#iovas.takeTemporary(iova);
    return iova;
  }

  #find(host: HostAddress): FixedMapping | undefined {
    const mapping = this.#fixed.atOrBelow(host);
    return mapping !== undefined && host < mapping.host + mapping.length ? mapping : undefined;
  }

  #call(call: () => void, kind: "map" | "unmap"): void {
    try {
      call();
    } catch (failure) {
      if (!(failure instanceof HostCallError)) throw failure;
      throw kind === "map" ? mapFailure(failure) : unmapFailure(failure);
    }
  }
}

function mapFailure(failure: HostCallError): BackplaneError {
  const error = vfioErrors.VFIO_DMA_MAP(failure.text);
  error.cause = failure;
  return error;
}

function unmapFailure(failure: HostCallError): BackplaneError {
  const error = vfioErrors.VFIO_DMA_UNMAP(failure.text);
  error.cause = failure;
  return error;
}

/** Whether a mapping failed because there is no room, which may be made: of IOVAs, entries, or locked memory. */
export function isExhausted(failure: unknown): boolean {
  if (!(failure instanceof BackplaneError)) return false;
  if (failure.code.startsWith("VFIO_IOVA_")) return true;
  return failure.cause instanceof HostCallError && ["ENOSPC", "ENOMEM"].includes(failure.cause.code);
}

/** What a request that could not be mapped ends with. An IOMMU's ENOSPC is no full disk. */
export function dmaFault(failure: unknown): string {
  if (isExhausted(failure)) return "ENOMEM";
  const cause = failure instanceof BackplaneError ? failure.cause : failure;
  return cause instanceof HostCallError ? cause.code : "EIO";
}
