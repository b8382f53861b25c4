// Messages between I/O APICs, devices and local APICs: Intel SDM volume 3, §11.6.2 and §11.11.
import {
  disposable,
  guestAddress,
  Registry,
  type AddressSpace,
  type Clock,
  type Disposable,
  type IrqLine,
} from "backplane";
import type { ExternalInterrupts, LocalApics } from "./contract.ts";
import { ApicUnit, isDeassert, type Message, type ProcessorBus } from "./local-apic.ts";
import { COMMAND, DELIVERY, deliveryOf, shorthandOf } from "./registers.ts";

const LOGICAL_ADDRESS = 0x4;
/** Above the address are the upper bits of the destination, in their places. */
const EXTENDED_DESTINATION = 2 ** 32;

/** The machine's local APICs, and who of them a message is for. */
export class ApicBus implements LocalApics, ProcessorBus {
  readonly #clock: Clock;
  readonly #units: ApicUnit[] = [];
  readonly #ended = new Registry<(vector: number) => void>();
  external: ExternalInterrupts | undefined;
  #ioApicSpace: AddressSpace | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Hears of vectors that were triggered by level and are no longer in service. */
  onEndOfInterrupt(listener: (vector: number) => void): Disposable {
    return this.#ended.add(listener);
  }

  /** A processor comes; the first is the one that boots. */
  add(apicId: number): ApicUnit {
    const unit = new ApicUnit(apicId, this.#units.length === 0, this.#clock, this);
    this.#units.push(unit);
    return unit;
  }

  remove(apicId: number): void {
    const at = this.#units.findIndex(({ initialId }) => initialId === apicId);
    if (at >= 0) this.#units.splice(at, 1)[0]?.dispose();
  }

  /** The boot processor's. */
  get first(): ApicUnit | undefined {
    return this.#units[0];
  }

  all(): readonly ApicUnit[] {
    return this.#units;
  }

  reset(): void {
    for (const unit of this.#units) unit.reset();
  }

  dispose(): void {
    for (const unit of this.#units) unit.dispose();
  }

  connectExternal(controller: ExternalInterrupts): IrqLine {
    this.external = controller;
    return {
      set: (level) => {
        for (const unit of this.#units) unit.setExternal(level);
      },
    };
  }

  send(address: number, data: number): void {
    const destination = ((address >>> 12) & 0xff) + Math.floor(address / EXTENDED_DESTINATION);
    const isLogical = (address & LOGICAL_ADDRESS) !== 0;
    const message = { delivery: deliveryOf(data), vector: data & 0xff, isLevel: (data & COMMAND.level) !== 0 };
    // A startup has no meaning on the bus of devices.
    if (message.delivery !== DELIVERY.startup) this.#deliver(this.#matching(destination, isLogical), message);
  }

  routeIoApics(space: AddressSpace): Disposable {
    this.#ioApicSpace = space;
    return disposable(() => {
      this.#ioApicSpace = undefined;
    });
  }

  /** An I/O APIC's message. */
  sendFromIoApic(address: number, data: number): void {
    if (this.#ioApicSpace === undefined) this.send(address, data);
    else this.#ioApicSpace.store(guestAddress(address), data, 4);
  }

  command(from: ApicUnit, low: number, high: number): void {
    if (isDeassert(low)) return;
    const message = { delivery: deliveryOf(low), vector: low & 0xff, isLevel: (low & COMMAND.level) !== 0 };
    this.#deliver(this.#addressed(from, low, high), message);
  }

  endOfInterrupt(vector: number): void {
    for (const listener of this.#ended) listener(vector);
  }

  #addressed(from: ApicUnit, low: number, high: number): readonly ApicUnit[] {
    switch (shorthandOf(low)) {
      case 0:
        return this.#matching(high >>> 24, (low & COMMAND.logical) !== 0);
      case 1:
        return [from];
      case 2:
        return this.#units;
      default:
        return this.#units.filter((unit) => unit !== from);
    }
  }

  #matching(destination: number, isLogical: boolean): readonly ApicUnit[] {
    return this.#units.filter((unit) =>
      isLogical ? unit.matchesLogical(destination) : unit.matchesPhysical(destination),
    );
  }

  /** Of several that may take it by lowest priority the first does: which, is the implementation's choice (§11.6.2.4). */
  #deliver(units: readonly ApicUnit[], message: Message): void {
    for (const unit of units) {
      unit.accept(message);
      if (message.delivery === DELIVERY.lowestPriority) return;
    }
  }
}
