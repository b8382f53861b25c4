// The VGA's registers: IBM Personal System/2 Hardware Interface Technical Reference (1988), "Video Subsystem".

/** Offsets from port 0x3c0. */
export const PORT = {
  attribute: 0x00,
  attributeRead: 0x01,
  miscellaneous: 0x02,
  sequencerIndex: 0x04,
  sequencer: 0x05,
  colorReadIndex: 0x07,
  colorWriteIndex: 0x08,
  color: 0x09,
  featureRead: 0x0a,
  miscellaneousRead: 0x0c,
  graphicsIndex: 0x0e,
  graphics: 0x0f,
} as const;
/** Offsets from the CRT controller's ports, 0x3b0 for a monochrome and 0x3d0 for a color display. */
export const CRT_PORT = { index: 0x4, data: 0x5, status: 0xa } as const;

export const SEQUENCER = { clocking: 1, planes: 2, memory: 4 } as const;
export const MEMORY_MODE = { sequential: 0x04, chain4: 0x08 } as const;
export const GRAPHICS = {
  set: 0,
  enableSet: 1,
  compare: 2,
  rotate: 3,
  readPlane: 4,
  mode: 5,
  miscellaneous: 6,
  ignore: 7,
  mask: 8,
} as const;
export const CRT = {
  displayEnd: 0x01,
  overflow: 0x07,
  scan: 0x09,
  protect: 0x11,
  verticalEnd: 0x12,
  offset: 0x13,
  underline: 0x14,
  mode: 0x17,
  lineCompare: 0x18,
} as const;

const ABSENT = 0xff;
const COLOR_DISPLAY = 0x01;
const RETRACE_AND_BLANK = 0x09;
const SEQUENCER_BITS = [0x03, 0x3d, 0x0f, 0x3f, 0x0e, 0x00, 0x00, 0xff] as const;
const GRAPHICS_BITS = [0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff, 0, 0, 0, 0, 0, 0, 0] as const;
/** Sixteen colors, then mode, overscan, plane enable, panning, color select. */
const ATTRIBUTE_BITS = [...Array.from({ length: 16 }, () => 0x3f), 0xef, 0xff, 0x3f, 0x0f, 0x0f] as const;
const WRITE_PROTECTED = 0x80;
/** The one bit of the overflow register that the protection leaves writable. */
const LINE_COMPARE_BIT = 0x10;

/** Those of which a write may alter how memory is seen. */
export type RegisterFile = "sequencer" | "graphics" | "crt";

/** What a migration carries of the registers. */
export interface VgaRegisterState {
  readonly sequencer: Uint8Array;
  readonly graphics: Uint8Array;
  readonly attributes: Uint8Array;
  readonly crt: Uint8Array;
  readonly palette: Uint8Array;
  readonly colorEntry: Uint8Array;
  sequencerIndex: number;
  graphicsIndex: number;
  attributeIndex: number;
  takesAttribute: number;
  crtIndex: number;
  miscellaneous: number;
  feature: number;
  status: number;
  colorState: number;
  colorPart: number;
  colorReadIndex: number;
  colorWriteIndex: number;
}

/** The register files behind the ports. `changed` hears of what may alter how memory is seen. */
export class VgaRegisters {
  readonly sequencer = new Uint8Array(8);
  readonly graphics = new Uint8Array(16);
  readonly crt = new Uint8Array(256);
  readonly #attributes = new Uint8Array(ATTRIBUTE_BITS.length);
  readonly #palette = new Uint8Array(3 * 256);
  readonly #entry = new Uint8Array(3);
  readonly #changed: (file: RegisterFile) => void;
  #miscellaneous = 0;
  #feature = 0;
  #status = 0;
  #sequencerIndex = 0;
  #graphicsIndex = 0;
  #crtIndex = 0;
  #attributeIndex = 0;
  /** The attribute port takes index and data in turn; reading the status makes it start with the index. */
  #takesAttribute = false;
  #colorReadIndex = 0;
  #colorWriteIndex = 0;
  #colorPart = 0;
  #colorState = 0;

  constructor(changed: (file: RegisterFile) => void) {
    this.#changed = changed;
  }

  /** The palette is not touched by a reset. */
  reset(): void {
    for (const file of [this.sequencer, this.graphics, this.crt, this.#attributes, this.#entry]) file.fill(0);
    this.#miscellaneous = 0;
    this.#feature = 0;
    this.#status = 0;
    this.#sequencerIndex = 0;
    this.#graphicsIndex = 0;
    this.#crtIndex = 0;
    this.#attributeIndex = 0;
    this.#takesAttribute = false;
    this.#colorReadIndex = 0;
    this.#colorWriteIndex = 0;
    this.#colorPart = 0;
    this.#colorState = 0;
  }

  captureState(): VgaRegisterState {
    return {
      sequencer: this.sequencer.slice(),
      graphics: this.graphics.slice(),
      attributes: this.#attributes.slice(),
      crt: this.crt.slice(),
      palette: this.#palette.slice(),
      colorEntry: this.#entry.slice(),
      sequencerIndex: this.#sequencerIndex,
      graphicsIndex: this.#graphicsIndex,
      attributeIndex: this.#attributeIndex,
      takesAttribute: Number(this.#takesAttribute),
      crtIndex: this.#crtIndex,
      miscellaneous: this.#miscellaneous,
      feature: this.#feature,
      status: this.#status,
      colorState: this.#colorState,
      colorPart: this.#colorPart,
      colorReadIndex: this.#colorReadIndex,
      colorWriteIndex: this.#colorWriteIndex,
    };
  }

  /** Indices are bounded: a stream is from outside. */
  restoreState(state: VgaRegisterState): void {
    this.sequencer.set(state.sequencer);
    this.graphics.set(state.graphics);
    this.#attributes.set(state.attributes);
    this.crt.set(state.crt);
    this.#palette.set(state.palette);
    this.#entry.set(state.colorEntry);
    this.#sequencerIndex = state.sequencerIndex & 7;
    this.#graphicsIndex = state.graphicsIndex & 0x0f;
    this.#attributeIndex = state.attributeIndex & 0x3f;
    this.#takesAttribute = state.takesAttribute !== 0;
    this.#crtIndex = state.crtIndex;
    this.#miscellaneous = state.miscellaneous;
    this.#feature = state.feature;
    this.#status = state.status;
    this.#colorState = state.colorState;
    this.#colorPart = state.colorPart % 3;
    this.#colorReadIndex = state.colorReadIndex;
    this.#colorWriteIndex = state.colorWriteIndex;
  }

  /** Port 0x3c0 + `offset`. */
  read(offset: number): number {
    switch (offset) {
      case PORT.attribute:
        return this.#takesAttribute ? 0 : this.#attributeIndex;
      case PORT.attributeRead:
        return this.#attributes[this.#attributeIndex & 0x1f] ?? 0;
      case PORT.sequencerIndex:
        return this.#sequencerIndex;
      case PORT.sequencer:
        return this.sequencer[this.#sequencerIndex] ?? 0;
      case PORT.colorReadIndex:
        return this.#colorState;
      case PORT.colorWriteIndex:
        return this.#colorWriteIndex;
      case PORT.color:
        return this.#readColor();
      case PORT.featureRead:
        return this.#feature;
      case PORT.miscellaneousRead:
        return this.#miscellaneous;
      case PORT.graphicsIndex:
        return this.#graphicsIndex;
      case PORT.graphics:
        return this.graphics[this.#graphicsIndex] ?? 0;
      default:
        return 0;
    }
  }

  write(offset: number, value: number): void {
    switch (offset) {
      case PORT.attribute:
        this.#writeAttribute(value);
        return;
      case PORT.miscellaneous:
        this.#miscellaneous = value & 0xef;
        return;
      case PORT.sequencerIndex:
        this.#sequencerIndex = value & 7;
        return;
      case PORT.sequencer:
        this.sequencer[this.#sequencerIndex] = value & (SEQUENCER_BITS[this.#sequencerIndex] ?? 0);
        this.#changed("sequencer");
        return;
      case PORT.colorReadIndex:
        this.#colorReadIndex = value;
        this.#colorPart = 0;
        this.#colorState = 3;
        return;
      case PORT.colorWriteIndex:
        this.#colorWriteIndex = value;
        this.#colorPart = 0;
        this.#colorState = 0;
        return;
      case PORT.color:
        this.#writeColor(value);
        return;
      case PORT.graphicsIndex:
        this.#graphicsIndex = value & 0x0f;
        return;
      case PORT.graphics:
        this.graphics[this.#graphicsIndex] = value & (GRAPHICS_BITS[this.#graphicsIndex] ?? 0);
        this.#changed("graphics");
        return;
      default:
        return;
    }
  }

  /** Port 0x3b0 or 0x3d0 + `offset`: only those of the kind of display that is chosen answer. */
  readCrt(offset: number, isColor: boolean): number {
    if (!this.#answers(isColor)) return ABSENT;
    switch (offset) {
      case CRT_PORT.index:
        return this.#crtIndex;
      case CRT_PORT.data:
        return this.crt[this.#crtIndex] ?? 0;
      case CRT_PORT.status:
        // No beam runs: who waits for one sees it come and go.
        this.#status ^= RETRACE_AND_BLANK;
        this.#takesAttribute = false;
        return this.#status;
      default:
        return 0;
    }
  }

  writeCrt(offset: number, value: number, isColor: boolean): void {
    if (!this.#answers(isColor)) return;
    switch (offset) {
      case CRT_PORT.index:
        this.#crtIndex = value;
        return;
      case CRT_PORT.data:
        this.#writeController(value);
        return;
      case CRT_PORT.status:
        this.#feature = value & 0x10;
        return;
      default:
        return;
    }
  }

  #answers(isColor: boolean): boolean {
    return isColor === ((this.#miscellaneous & COLOR_DISPLAY) !== 0);
  }

  #writeController(value: number): void {
    const index = this.#crtIndex;
    const isProtected = index <= CRT.overflow && ((this.crt[CRT.protect] ?? 0) & WRITE_PROTECTED) !== 0;
    if (!isProtected) this.crt[index] = value;
    else if (index === CRT.overflow) {
      this.crt[index] = ((this.crt[index] ?? 0) & ~LINE_COMPARE_BIT) | (value & LINE_COMPARE_BIT);
    }
    this.#changed("crt");
  }

  #writeAttribute(value: number): void {
    if (this.#takesAttribute) {
      const index = this.#attributeIndex & 0x1f;
      const bits = ATTRIBUTE_BITS[index];
      if (bits !== undefined) this.#attributes[index] = value & bits;
    } else {
      this.#attributeIndex = value & 0x3f;
    }
    this.#takesAttribute = !this.#takesAttribute;
  }

  #readColor(): number {
    const value = this.#palette[this.#colorReadIndex * 3 + this.#colorPart] ?? 0;
    this.#colorPart++;
    if (this.#colorPart === 3) {
      this.#colorPart = 0;
      this.#colorReadIndex = (this.#colorReadIndex + 1) & 0xff;
    }
    return value;
  }

  #writeColor(value: number): void {
    this.#entry[this.#colorPart] = value;
    this.#colorPart++;
    if (this.#colorPart < 3) return;
    this.#palette.set(this.#entry, this.#colorWriteIndex * 3);
    this.#colorPart = 0;
    this.#colorWriteIndex = (this.#colorWriteIndex + 1) & 0xff;
  }
}
