import type { Disposable } from "../disposable.ts";
import { BackplaneAggregateError, type BackplaneError } from "../errors.ts";
import { alignUp, type ByteLength, type RamAddress, type RegionOffset } from "./address.ts";
import { AnonymousMemory } from "./anonymous-memory.ts";
import type { RAMBlockRequest, RAMList } from "./contract.ts";
import type { MachineDirtyMemory } from "./dirty-memory.ts";
import { memoryErrors } from "./errors.ts";
import type { HostAddress } from "./host-memory.ts";
import type { RAMBlockDirectory } from "./ram-block-directory.ts";
import { RAM_BLOCK_NOTIFICATIONS, type RAMBlockNotification } from "./ram-block-notifier.ts";
import type { RAMBlockPublisher } from "./ram-block-publisher.ts";
import { RAMBlockState, telling } from "./ram-block-state.ts";
import type { RAMBlock } from "./ram-block.ts";

const HOST_PAGE_SIZE = 4096 as ByteLength;

/**
 * Allocates, names, resizes and frees blocks, and tells the notifiers of each change at the moment that their contract
 * states. A change that is nested in a round about the same block is refused where it would give the notifiers that are
 * still to be told a wrong picture: the same kind of change, a removal, and anything once the block is going.
 */
export class MachineRAMList implements RAMList, Disposable {
  readonly #directory: RAMBlockDirectory;
  readonly #publisher: RAMBlockPublisher;
  readonly #dirty: MachineDirtyMemory;
  #serial = 0;
  #version = 0;

  constructor(directory: RAMBlockDirectory, publisher: RAMBlockPublisher, dirty: MachineDirtyMemory) {
    this.#directory = directory;
    this.#publisher = publisher;
    this.#dirty = dirty;
  }

  get version(): number {
    return this.#version;
  }

  blocks(): readonly RAMBlock[] {
    return this.#directory.blocks();
  }

  allocate(request: RAMBlockRequest): RAMBlock {
    const block = this.#make(request);
    this.#directory.list(block);
    this.#version++;
    this.#dirty.mark(block, 0, block.usedLength);
    request.listed?.(block);
    const refusal = this.#publisher.added(block);
    if (refusal === undefined) return block;
    throw joined(refusal, this.#takeOff(block));
  }

  free(block: RAMBlock): void {
    const state = this.#own(block);
    this.#refuseWhile(state, "removed", RAM_BLOCK_NOTIFICATIONS);
    const error = this.#takeOff(state);
    if (error !== undefined) throw error;
  }

  setIdstr(block: RAMBlock, name: string, prefix = ""): void {
    this.#rename(this.#own(block), prefix === "" ? name : `${prefix}/${name}`);
  }

  unsetIdstr(block: RAMBlock): void {
    this.#rename(this.#own(block), "");
  }

  setMigratable(block: RAMBlock, migratable: boolean): void {
    const state = this.#own(block);
    if (state.migratable === migratable) return;
    this.#refuseWhile(state, "made migratable or not", ["migratable", "removed"]);
    state.migratable = migratable;
    const error = this.#publisher.migratableChanged(state);
    if (error !== undefined) throw error;
  }

  resize(block: RAMBlock, size: ByteLength): void {
    const state = this.#own(block);
    const from = state.usedLength;
    const to = alignUp(size, HOST_PAGE_SIZE);
    if (from === to) {
      if (size !== state.region.size) this.#publishSize(state, size);
      return;
    }
    if (!state.flags.resizeable) throw memoryErrors.RAM_BLOCK_MISMATCH(state.idstr, to, from);
    if (to > state.maxLength) throw memoryErrors.RAM_BLOCK_RESIZE(state.idstr, to, state.maxLength);
    this.#refuseWhile(state, "resized", ["resized", "removed"]);
    const error = this.#publisher.resized(state, { from, to });
    this.#dirty.unmark(state, 0, from);
    state.usedLength = to;
    this.#dirty.mark(state, 0, to);
    this.#publishSize(state, size);
    if (error !== undefined) throw error;
  }

  byIdstr(idstr: string): RAMBlock | undefined {
    return this.#directory.byIdstr(idstr);
  }

  byRamAddress(address: RamAddress): { readonly block: RAMBlock; readonly offset: RegionOffset } | undefined {
    const block = this.#directory.byRamAddress(address);
    return block && { block, offset: (address - block.offset) as RegionOffset };
  }

  byHostAddress(address: HostAddress): { readonly block: RAMBlock; readonly offset: RegionOffset } | undefined {
    const block = this.#directory.byHostAddress(address);
    return block && { block, offset: (address - block.hostAddress) as RegionOffset };
  }

  /** Frees what is left. Notifiers that are still registered are told. */
  dispose(): void {
    const errors: BackplaneError[] = [];
    for (const block of this.#directory.blocks().toReversed()) {
      const error = block.isListed ? this.#takeOff(block) : undefined;
      if (error !== undefined) errors.push(error);
    }
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new BackplaneAggregateError("NOTIFIER_FAILED", "freeing RAM blocks", errors);
  }

  #make(request: RAMBlockRequest): RAMBlockState {
    const { region, size, host } = request;
    const usedLength = alignUp(size, HOST_PAGE_SIZE);
    const maxLength = alignUp(request.maxSize ?? size, HOST_PAGE_SIZE);
    if (!(size > 0 && usedLength <= maxLength)) {
      throw memoryErrors.RAM_BLOCK_SIZE(region.name, size, request.maxSize ?? size);
    }
    if (host !== undefined && host.length < maxLength) {
      throw memoryErrors.RAM_BLOCK_SIZE(region.name, maxLength, host.length);
    }
    return new RAMBlockState({
      serial: this.#serial++,
      usedLength,
      maxLength,
      pageSize: host?.pageSize ?? HOST_PAGE_SIZE,
      request,
      host: host ?? new AnonymousMemory(maxLength),
      flags: {
        shared: host?.shared ?? false,
        resizeable: request.maxSize !== undefined,
        readonly: request.readonly ?? false,
        noreserve: request.noreserve ?? false,
        pmem: request.pmem ?? false,
        namedFile: request.namedFile ?? false,
        preallocated: host !== undefined,
      },
    });
  }

  #takeOff(block: RAMBlockState): BackplaneError | undefined {
    const error = this.#publisher.removed(block);
    this.#directory.unlist(block);
    this.#version++;
    this.#dirty.forget(block);
    if (!block.flags.preallocated) void block.host.dispose();
    block.request.freed?.(block);
    return error;
  }

  #rename(block: RAMBlockState, to: string): void {
    const from = block.idstr;
    if (from === to) return;
    if (to !== "" && this.#directory.byIdstr(to) !== undefined) throw memoryErrors.RAM_BLOCK_DUPLICATE(to);
    this.#refuseWhile(block, "renamed", ["idstr", "removed"]);
    this.#directory.rename(block, to);
    const error = this.#publisher.idstrChanged(block, { from, to });
    if (error !== undefined) throw error;
  }

  #publishSize(block: RAMBlockState, size: ByteLength): void {
    block.region.setSize(size);
    block.request.resized?.(block, size);
  }

  #own(block: RAMBlock): RAMBlockState {
    if (block instanceof RAMBlockState && this.#directory.has(block)) return block;
    throw memoryErrors.RAM_BLOCK_UNKNOWN(block.idstr === "" ? block.region.name : block.idstr);
  }

  #refuseWhile(block: RAMBlockState, change: string, kinds: readonly RAMBlockNotification[]): void {
    if (block.busy === 0) return;
    const running = kinds.find((kind) => (block.busy & telling(kind)) !== 0);
    if (running !== undefined) throw memoryErrors.RAM_BLOCK_BUSY(block.label, change, running);
  }
}

function joined(first: BackplaneError, second: BackplaneError | undefined): BackplaneError {
  if (second === undefined) return first;
  return new BackplaneAggregateError(first.code, "an allocation was refused and taken back", [first, second]);
}
