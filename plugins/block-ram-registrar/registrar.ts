import {
  type Disposable,
  type HostAddressSpace,
  type HostMapping,
  type HostMappingNotifier,
  type HostMappingNotifiers,
  type RAMBlock,
  type RAMBlockNotifier,
  type RAMBlockNotifiers,
} from "backplane";
import type { BlockBackend, BlockBuffer } from "backplane/plugins/block/contract";
import type { BlockRAMRegistrar, RegistrarOwner } from "./contract.ts";
import { registrarErrors } from "./errors.ts";

export const SUBSCRIBER = "block-ram-registrar";

export interface RegistrarServices {
  readonly blocks: RAMBlockNotifiers;
  readonly mappings: HostMappingNotifiers;
  readonly memory: HostAddressSpace;
  /** Its owner needs it no more. */
  readonly closed: (registrar: Registrar) => void;
}

/** Registers with its full reserve, so that a resize changes nothing for the backend. */
export class Registrar implements BlockRAMRegistrar, RAMBlockNotifier, HostMappingNotifier {
  readonly name = SUBSCRIBER;
  readonly owner: RegistrarOwner;
  readonly backend: BlockBackend;
  readonly transfers = { direct: 0, bounced: 0 };
  readonly #registered = new Map<RAMBlock | HostMapping, Registration>();
  readonly #memory: HostAddressSpace;
  readonly #closed: (registrar: Registrar) => void;
  readonly #subscriptions: Disposable[] = [];
  #failure: string | undefined;
  #bytes = 0;

  constructor(backend: BlockBackend, owner: RegistrarOwner, { blocks, mappings, memory, closed }: RegistrarServices) {
    this.backend = backend;
    this.owner = owner;
    this.#memory = memory;
    this.#closed = closed;
    this.#subscribe(() => blocks.add(this));
    this.#subscribe(() => mappings.add(this));
  }

  get ok(): boolean {
    return this.#failure === undefined;
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  get buffers(): number {
    return this.#registered.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  holds(block: RAMBlock): boolean {
    return this.#registered.has(block);
  }

  ramBlockAdded(block: RAMBlock): void {
    this.#add(block, { host: block.hostAddress, length: block.maxLength, memory: block.host });
  }

  ramBlockRemoved(block: RAMBlock): void {
    this.#remove(block);
  }

  hostMappingAdded(mapping: HostMapping): void {
    const memory = this.#memory.find(mapping.hostAddress)?.memory;
    if (memory === undefined) this.#giveUp(registrarErrors.REGISTRAR_NO_MEMORY(mapping.owner, mapping.hostAddress));
    else this.#add(mapping, { host: mapping.hostAddress, length: mapping.length, memory });
  }

  hostMappingRemoved(mapping: HostMapping): void {
    this.#remove(mapping);
  }

  dispose(): void {
    this.#leave();
    this.#closed(this);
  }

  /** One that gave up while it was shown what there is leaves at once. */
  #subscribe(add: () => Disposable): void {
    if (!this.ok) return;
    const subscription = add();
    if (this.ok) this.#subscriptions.push(subscription);
    else void subscription.dispose();
  }

  #add(subject: RAMBlock | HostMapping, buffer: BlockBuffer): void {
    if (!this.ok) return;
    try {
      const registration = this.backend.registerBuffer(buffer);
      this.#registered.set(subject, { registration, length: buffer.length });
      this.#bytes += buffer.length;
    } catch (failure) {
      this.#giveUp(failure);
    }
  }

  #remove(subject: RAMBlock | HostMapping): void {
    const known = this.#registered.get(subject);
    if (known === undefined) return;
    this.#registered.delete(subject);
    this.#bytes -= known.length;
    void known.registration.dispose();
  }

  #leave(): void {
    for (const subscription of this.#subscriptions.splice(0).toReversed()) void subscription.dispose();
    for (const subject of [...this.#registered.keys()].toReversed()) this.#remove(subject);
  }

  /** For good: a backend that has refused once would refuse at some point again, and requests would go now this way, now that. */
  #giveUp(failure: unknown): void {
    const text = failure instanceof Error ? failure.message : String(failure);
    this.#failure = text;
    this.owner.log.error(text);
    this.#leave();
  }
}

interface Registration {
  readonly registration: Disposable;
  readonly length: number;
}
