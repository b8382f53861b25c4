import { disposable, type Disposable } from "backplane";
import type { DmaHandler, IsaDma } from "./contract.ts";
import type { DmaController } from "./dma.ts";

const PER_CONTROLLER = 4;

/** Both controllers, once they are made; a channel of one that is not there transfers nothing. */
export class DmaChannels implements IsaDma {
  readonly controllers: { narrow: DmaController | undefined; wide: DmaController | undefined } = {
    narrow: undefined,
    wide: undefined,
  };

  connect(channel: number, handler: DmaHandler): Disposable {
    return this.#of(channel)?.connect(channel % PER_CONTROLLER, handler) ?? disposable(() => undefined);
  }

  request(channel: number, level: boolean): void {
    this.#of(channel)?.request(channel % PER_CONTROLLER, level);
  }

  repeats(channel: number): boolean {
    return this.#of(channel)?.repeats(channel % PER_CONTROLLER) ?? false;
  }

  read(channel: number, position: number, into: Uint8Array): void {
    this.#of(channel)?.read(channel % PER_CONTROLLER, position, into);
  }

  write(channel: number, position: number, from: Uint8Array): void {
    this.#of(channel)?.write(channel % PER_CONTROLLER, position, from);
  }

  #of(channel: number): DmaController | undefined {
    return channel < PER_CONTROLLER ? this.controllers.narrow : this.controllers.wide;
  }
}
