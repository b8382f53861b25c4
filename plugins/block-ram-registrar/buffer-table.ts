// The registered buffers of one node: slots of its ring's table. The ring is made when the first buffer comes, and goes
// with the last.
import { disposable, HostCallError, type Disposable, type HostAddress, type Logger, type RAMDiscard } from "backplane";
import type { RegisteredBuffers } from "backplane/plugins/block/contract";
import type { IoRing, IoRingHost } from "./contract.ts";

export interface BufferTableServices {
  readonly discard: RAMDiscard;
  readonly log: Logger;
}

export class BufferTable implements RegisteredBuffers {
  readonly #host: IoRingHost;
  readonly #discard: RAMDiscard;
  readonly #nodeName: string;
  readonly #log: Logger;
  #ring: IoRing | undefined;
  /** What is registered is pinned: given back to the host, its pages would no longer be the guest's. */
  #kept: Disposable | undefined;
  #free: number[] = [];
  #unused = 0;
  #held = 0;

  constructor(nodeName: string, host: IoRingHost, { discard, log }: BufferTableServices) {
    this.#nodeName = nodeName;
    this.#host = host;
    this.#discard = discard;
    this.#log = log;
  }

  register(address: HostAddress, length: number): Disposable {
    const ring = this.#open();
    const { bufferBytes } = this.#host.limits;
    const taken: number[] = [];
    const release = (): void => {
      for (const slot of taken.splice(0).toReversed()) this.#empty(ring, slot);
      if (this.#held === 0) this.#close();
    };
    try {
      for (let at = 0; at < length; at += bufferBytes) {
        const slot = this.#free.pop() ?? this.#unused++;
        ring.updateBuffer(slot, (address + at) as HostAddress, Math.min(bufferBytes, length - at));
        this.#held++;
        taken.push(slot);
      }
    } catch (failure) {
      release();
      throw failure;
    }
    return disposable(release);
  }

  #open(): IoRing {
    if (this.#ring !== undefined) return this.#ring;
    const kept = this.#keep();
    let ring: IoRing | undefined;
    try {
      ring = this.#host.setup();
      ring.registerBuffers(this.#host.limits.slots);
    } catch (failure) {
      void ring?.dispose();
      void kept.dispose();
      throw failure;
    }
    this.#kept = kept;
    this.#ring = ring;
    return ring;
  }

  /** Somebody who lives from giving memory back forbids pinning it. */
  #keep(): Disposable {
    try {
      return this.#discard.disable(`block node '${this.#nodeName}'`);
    } catch {
      throw new HostCallError("registerBuffers", "EBUSY");
    }
  }

  /** A slot that the host will not empty stays taken until the ring goes. */
  #empty(ring: IoRing, slot: number): void {
    this.#held--;
    try {
      ring.updateBuffer(slot, 0 as HostAddress, 0);
      this.#free.push(slot);
    } catch (failure) {
      this.#tell(failure, "a slot stays taken until the ring goes");
    }
  }

  #close(): void {
    const ring = this.#ring;
    this.#ring = undefined;
    this.#free = [];
    this.#unused = 0;
    try {
      ring?.unregisterBuffers();
    } catch (failure) {
      this.#tell(failure, "what the host still holds goes with the ring");
    }
    void ring?.dispose();
    void this.#kept?.dispose();
    this.#kept = undefined;
  }

  /** A host that will not take back what it was given ends nothing: the ring's end frees all of it. */
  #tell(failure: unknown, consequence: string): void {
    if (!(failure instanceof HostCallError)) throw failure;
    const { call, code } = failure;
    this.#log.warn("the host does not unregister memory", { node: this.#nodeName, call, errno: code, consequence });
  }
}
