/** The ISA bus behind the LPC bridge, and the fixed devices of a PC that sit on it. */
import { token, type Bus, type DeviceContext, type Disposable, type IrqLine, type MemoryRegion } from "backplane";

export interface IsaDeviceRequest {
  readonly device: DeviceContext;
  /** Ports that the device decodes, mapped into I/O space at once. */
  readonly ports: readonly { readonly base: number; readonly region: MemoryRegion }[];
  readonly interrupts?: readonly number[];
}

/** A device on the bus. */
export interface IsaDevice {
  readonly device: DeviceContext;
  /** `i8042`, `mc146818rtc`. */
  readonly typeName: string;
  readonly ports: readonly { readonly base: number; readonly length: number }[];
  readonly interrupts: readonly number[];
}

export interface IsaBus extends Bus {
  /** In order of creation. */
  readonly devices: readonly IsaDevice[];
}

export interface Isa {
  /** Undefined on a machine without an LPC bridge, and before it is made. */
  readonly bus: IsaBus | undefined;
  /** Puts a device on the bus; it leaves with the device. Throws with the peer's texts. */
  plug(request: IsaDeviceRequest): IsaDevice;
  /** Interrupt 0 to 15. */
  irq(number: number): IrqLine;
  /** What the bridge does: makes the bus `isa.0`, whose interrupts are `lines`. */
  connect(bridge: DeviceContext, lines: (number: number) => IrqLine): Disposable;
}

/** The battery-backed memory of the clock, which firmware reads: PC machines describe themselves in it. */
export interface Cmos {
  get(index: number): number;
  set(index: number, value: number): void;
  /** What the clock shows now; undefined on a machine without it. */
  readonly date: Date | undefined;
}

/**
 * A device's part in a transfer: asked while it requests one. Gets how far the transfer has come, in bytes, and how long
 * it is; returns how far it has come now.
 */
export type DmaHandler = (position: number, length: number) => number;

/** The channels of both DMA controllers: 0 to 3 are 8 bits wide, 5 to 7 16. */
export interface IsaDma {
  connect(channel: number, handler: DmaHandler): Disposable;
  /** The device's request line. */
  request(channel: number, level: boolean): void;
  /** The guest wants the transfer to start over when it ends. */
  repeats(channel: number): boolean;
  /** Guest memory at `position` of the transfer. */
  read(channel: number, position: number, into: Uint8Array): void;
  write(channel: number, position: number, from: Uint8Array): void;
}

export const ISA_DMA = token<IsaDma>("ISA_DMA");
export const ISA = token<Isa>("ISA");
export const CMOS = token<Cmos>("CMOS");
