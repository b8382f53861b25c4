// What the monitor says of itself: VESA Enhanced EDID 1.4, with one CTA-861 extension block. A monitor of 1280 by 800
// that knows the usual modes.
const BLOCK = 128;

const MANUFACTURER = [0x49, 0x14]; // "RHT", five bits a letter (§3.4.1)
const IDENTITY = [0x34, 0x12, 0, 0, 0, 0, 42, 2014 - 1990];
/** Digital, eight bits a color; 32 by 20 cm; gamma 2.2; sRGB and a preferred timing (§3.6). */
const DISPLAY = [0xa5, 32, 20, 120, 0x06];
const CHROMATICITY = [0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54];
/** 640x480, 800x600, 1024x768 at 60 Hz (§3.8). */
const ESTABLISHED = [0x21, 0x08, 0x00];
/** 2048x1152, 1920x1080, 1920x1200, 1600x1200, 1680x1050, 1440x900, 1280x1024, 1280x960 (§3.9). */
const STANDARD = [0xe1, 0xc0, 0xd1, 0xc0, 0xd1, 0x00, 0xa9, 0x40, 0xb3, 0x00, 0x95, 0x00, 0x81, 0x80, 0x81, 0x40];
/** 1280x800 with a pixel clock of 107.3 MHz (§3.10.2). */
const PREFERRED = [
  0xea, 0x29, 0x00, 0xc0, 0x51, 0x20, 0x1c, 0x30, 0x26, 0x40, 0x44, 0x04, 0x45, 0xcb, 0x10, 0, 0, 0x18,
];
/** Further established timings (§3.10.3.9). */
const FURTHER = [0, 0, 0, 0xf7, 0, 0x0a, 0x00, 0x40, 0x82, 0x00, 0x28, 0x20, 0, 0, 0, 0, 0, 0];
/** 50 to 125 Hz, 30 to 160 kHz, 2550 MHz (§3.10.3.3). */
const RANGES = [0, 0, 0, 0xfd, 0, 0x32, 0x7d, 0x1e, 0xa0, 0xff, 0x01, 0x0a, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20];
const NAME = [0, 0, 0, 0xfc, 0, ...Buffer.from("QEMU Monitor\n")];
/** CTA-861-G §7.5: 4k modes at 50 and 60 Hz and the high definition modes, as video codes. */
const EXTENSION = [0x02, 0x03, 0x0b, 0x00, 0x46, 0x7d, 0x65, 0x60, 0x59, 0x1f, 0x61];
/** Empty descriptors (§3.10.3.11) from behind the codes to the end. */
const EMPTY = [0, 0, 0, 0x10, ...Array.from({ length: 14 }, () => 0)];

export function monitorDescription(): Uint8Array {
  const bytes = new Uint8Array(2 * BLOCK);
  bytes.set([0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, ...MANUFACTURER, ...IDENTITY, 1, 4, ...DISPLAY]);
  bytes.set([...CHROMATICITY, ...ESTABLISHED, ...STANDARD, ...PREFERRED, ...FURTHER, ...RANGES, ...NAME, 1], 25);
  bytes.set(EXTENSION, BLOCK);
  for (let at = BLOCK + EXTENSION.length; at + EMPTY.length < bytes.length; at += EMPTY.length) bytes.set(EMPTY, at);
  for (const start of [0, BLOCK]) {
    const sum = bytes.subarray(start, start + BLOCK - 1).reduce((total, byte) => total + byte, 0);
    bytes[start + BLOCK - 1] = -sum & 0xff;
  }
  return bytes;
}
