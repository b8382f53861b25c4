/** System interrupts: the lines between devices and interrupt controllers, and the APICs. */
import { token, type AddressSpace, type Disposable, type IrqLine, type QomObject, type VirtualTime } from "backplane";

/** Lines 0 to 23, as ACPI numbers global system interrupts; 0 to 15 are the ISA interrupts. */
export interface SystemInterrupts {
  readonly count: number;
  line(number: number): IrqLine;
  /** Hears of every level that is driven, changed or not: an interrupt controller. Told of the present levels at once. */
  connect(controller: (line: number, level: boolean) => void): Disposable;
}

export const SYSTEM_INTERRUPTS = token<SystemInterrupts>("SYSTEM_INTERRUPTS");

/** What arrives at a processor and is no vector. */
export type ProcessorSignal =
  | { readonly kind: "init" | "nmi" | "smi" }
  /** Start at `vector` times 4 KiB; told only to a processor that waits for it. */
  | { readonly kind: "startup"; readonly vector: number };

/** A processor's local APIC, as the processor sees it: Intel SDM volume 3 §11. */
export interface LocalApic {
  readonly id: number;
  /** A vector, or an interrupt of the 8259 pair, could be taken now, if the processor's flags allow. */
  readonly isInterrupted: boolean;
  /** Takes the interrupt: its vector, which is in service from now on. Undefined when there is none. */
  acknowledge(): number | undefined;
  /** A register by its offset in the page, as the processor reads and writes it. */
  read(offset: number): number;
  write(offset: number, value: number): void;
  /** The processor writes IA32_TSC_DEADLINE (§11.5.4.1); its time stamp counts nanoseconds. */
  setDeadline(deadline: VirtualTime): void;
  onSignal(listener: (signal: ProcessorSignal) => void): Disposable;
}

/** The 8259 pair, towards the processors. */
export interface ExternalInterrupts {
  /** It requests an interrupt. */
  readonly output: boolean;
  /** The vector, which is in service from now on. */
  acknowledge(): number;
}

export interface LocalApics {
  /** In order of the processors. */
  all(): readonly LocalApic[];
  /** Connects the 8259 pair with LINT0 of all of them; the line is what it drives. */
  connectExternal(controller: ExternalInterrupts): IrqLine;
  /**
   * A message on the processors' bus, as a write to 0xfee00000 and above carries it (§11.11). An interrupt remapper puts
   * bits 8 and up of an extended destination into the address from bit 40 on.
   */
  send(address: number, data: number): void;
  /** Until disposed the I/O APICs write their messages to this space, where a remapper stands, and not to the bus. */
  routeIoApics(space: AddressSpace): Disposable;
}

export { InputCounts } from "./statistics.ts";

/** An interrupt controller as monitors see it. */
export interface InterruptController {
  /** Its device in the object tree, by which monitors find it. */
  readonly object: QomObject;
  /** Its registers: lines of `info pic`. */
  text(): string;
  /** How often each input was raised; undefined where another one counts for it. */
  readonly counts: Uint32Array | undefined;
}

export interface InterruptControllers {
  add(controller: InterruptController): Disposable;
  /** In the order in which the peer walks its tree. */
  all(): readonly InterruptController[];
}

export const INTERRUPT_CONTROLLERS = token<InterruptControllers>("INTERRUPT_CONTROLLERS");

export const LOCAL_APICS = token<LocalApics>("LOCAL_APICS");
