// The configuration of an input device: VirtIO 1.2 §5.8.2 and §5.8.4. Codes: Linux's input-event-codes.h.
import { linuxKeyCodes } from "backplane/plugins/input/contract";

export const INPUT_EVENT = { sync: 0, key: 1, relative: 2, absolute: 3, led: 0x11, repeat: 0x14 } as const;
export const RELATIVE = { x: 0, y: 1, wheel: 8 } as const;
export const ABSOLUTE = { x: 0, y: 1 } as const;
const ABSOLUTE_LIMIT = 0x7fff;
const SELECT = { name: 0x01, serial: 0x02, ids: 0x03, bits: 0x11, axis: 0x12 } as const;
const BUS_VIRTUAL = 0x06;
const VENDOR = 0x0627;
const HEADER = 8;

/** Buttons in the order of the monitors' names, as keys. */
export const BUTTON_CODES: { readonly [name: string]: number } = {
  left: 0x110,
  middle: 0x112,
  right: 0x111,
  "wheel-up": 0x151,
  "wheel-down": 0x150,
  side: 0x113,
  extra: 0x114,
  touch: 0x14a,
};

export type InputModel = "keyboard" | "mouse" | "tablet";

interface Entry {
  readonly select: number;
  readonly subselect: number;
  readonly payload: Uint8Array;
  /** How much of the payload counts; the peer says 1 for a bitmap of nothing. */
  readonly size: number;
}

function entry(select: number, subselect: number, payload: Uint8Array, size = payload.length): Entry {
  return { select, subselect, payload, size };
}

function bits(codes: readonly number[]): Uint8Array {
  const bytes = new Uint8Array((Math.max(...codes) >> 3) + 1);
  for (const code of codes) if (code !== 0) bytes[code >> 3] = (bytes[code >> 3] ?? 0) | (1 << (code & 7));
  return bytes;
}

/** Bit 0 included. */
function axes(codes: readonly number[]): Uint8Array {
  const bytes = bits(codes);
  if (codes.includes(0)) bytes[0] = (bytes[0] ?? 0) | 1;
  return bytes;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function ids(product: number, version: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  for (const [index, value] of [BUS_VIRTUAL, VENDOR, product, version].entries())
    view.setUint16(2 * index, value, true);
  return new Uint8Array(view.buffer);
}

function axisRange(): Uint8Array {
  const view = new DataView(new ArrayBuffer(20));
  view.setUint32(4, ABSOLUTE_LIMIT, true);
  return new Uint8Array(view.buffer);
}

const LEDS = [0, 1, 2];

function entriesOf(model: InputModel): Entry[] {
  const { key, relative, absolute, led, repeat } = INPUT_EVENT;
  switch (model) {
    case "keyboard":
      return [
        entry(SELECT.name, 0, text("QEMU Virtio Keyboard\0")),
        entry(SELECT.ids, 0, ids(1, 1)),
        entry(SELECT.bits, repeat, new Uint8Array(1)),
        entry(SELECT.bits, led, axes(LEDS)),
        entry(SELECT.bits, key, bits(linuxKeyCodes())),
      ];
    case "mouse":
      return [
        entry(SELECT.name, 0, text("QEMU Virtio Mouse\0")),
        entry(SELECT.ids, 0, ids(2, 2)),
        entry(SELECT.bits, relative, axes([RELATIVE.x, RELATIVE.y, RELATIVE.wheel])),
        entry(SELECT.bits, key, bits(Object.values(BUTTON_CODES))),
      ];
    case "tablet":
      return [
        entry(SELECT.name, 0, text("QEMU Virtio Tablet\0")),
        entry(SELECT.ids, 0, ids(3, 2)),
        entry(SELECT.bits, absolute, axes([ABSOLUTE.x, ABSOLUTE.y])),
        entry(SELECT.bits, relative, bits([RELATIVE.wheel])),
        entry(SELECT.axis, ABSOLUTE.x, axisRange()),
        entry(SELECT.axis, ABSOLUTE.y, axisRange()),
        entry(SELECT.bits, key, bits(Object.values(BUTTON_CODES))),
      ];
  }
}

/** The driver selects what it wants to know, and reads it. */
export class InputConfig {
  readonly length: number;
  readonly #entries: readonly Entry[];
  #select = 0;
  #subselect = 0;

  constructor(model: InputModel, serial: string | undefined) {
    const given = serial === undefined ? [] : [entry(SELECT.serial, 0, text(serial))];
    this.#entries = [...entriesOf(model), ...given];
    this.length = HEADER + Math.max(...this.#entries.map(({ size }) => size));
  }

  read(into: Uint8Array): void {
    into.fill(0);
    const found = this.#entries.find(
      ({ select, subselect }) => select === this.#select && subselect === this.#subselect,
    );
    if (found === undefined) return;
    into[0] = found.select;
    into[1] = found.subselect;
    into[2] = found.size;
    into.set(found.payload, HEADER);
  }

  write(bytes: Uint8Array): void {
    this.#select = bytes[0] ?? 0;
    this.#subselect = bytes[1] ?? 0;
  }
}
