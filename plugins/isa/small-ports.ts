// Ports with a few bits each.
import { byteLength, type IrqLine, type MemoryRegion, type MemoryRegions } from "backplane";
import type { IntervalTimer } from "./timer.ts";

const impl = { min: 1, max: 1 } as const;

/** Port 0x92: IBM PS/2 Hardware Interface Technical Reference, "System Control Port A". */
export class SystemControlPort {
  readonly region: MemoryRegion;
  readonly #a20: IrqLine;
  #value = 0;

  constructor(regions: MemoryRegions, a20: IrqLine, resetMachine: () => void) {
    this.#a20 = a20;
    this.region = regions.io("port92", byteLength(1), {
      impl,
      read: () => this.#value,
      write: (_offset, value) => {
        const raised = value & ~this.#value;
        this.#value = value;
        a20.set((value & 0x02) !== 0);
        if ((raised & 0x01) !== 0) resetMachine();
      },
    });
  }

  reset(): void {
    this.#value &= ~0x01;
  }

  captureState(): { value: number } {
    return { value: this.#value };
  }

  restoreState({ value }: { value: number }): void {
    this.#value = value;
    this.#a20.set((value & 0x02) !== 0);
  }
}

/** Port 0x61: IBM PC/AT Technical Reference, "System Control Port B". Bit 4 follows the memory refresh. */
export class SpeakerPort {
  readonly region: MemoryRegion;
  #data = false;
  #refresh = false;

  constructor(regions: MemoryRegions, timer: () => IntervalTimer | undefined) {
    this.region = regions.io("pcspk", byteLength(1), {
      impl,
      read: () => {
        this.#refresh = !this.#refresh;
        const gate = timer()?.speakerGate === true ? 0x01 : 0;
        const output = timer()?.speakerOutput === true ? 0x20 : 0;
        return gate | (this.#data ? 0x02 : 0) | (this.#refresh ? 0x10 : 0) | output;
      },
      write: (_offset, value) => {
        timer()?.setSpeakerGate((value & 0x01) !== 0);
        this.#data = (value & 0x02) !== 0;
      },
    });
  }

  captureState(): { data: number; refresh: number } {
    return { data: Number(this.#data), refresh: Number(this.#refresh) };
  }

  restoreState({ data, refresh }: { data: number; refresh: number }): void {
    this.#data = data !== 0;
    this.#refresh = refresh !== 0;
  }
}

/** Port 0x80: what firmware writes for its diagnostics, and reads to wait. */
export function diagnosticPort(regions: MemoryRegions): MemoryRegion {
  return regions.io("ioport80", byteLength(1), { read: () => 0xffffffff, write: () => undefined });
}

/** Port 0xf0: clears the coprocessor's busy latch; there is none to clear without a processor. */
export function coprocessorPort(regions: MemoryRegions): MemoryRegion {
  return regions.io("ioportF0", byteLength(1), { read: () => 0xffffffff, write: () => undefined });
}
