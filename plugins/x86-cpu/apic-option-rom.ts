// The option ROM with which an APIC speeds up old Windows guests, as far as firmware looks into it: the header of PCI
// Firmware Specification 3.0 §5.1.2. No guest runs its code; a guest that only boots makes its offer itself.

/** As on the peer. */
export const APIC_OPTION_ROM = { name: "kvmvapic.bin", length: 9216 } as const;

const SIGNATURE = [0x55, 0xaa] as const;
const BLOCK = 512;
/** The entry of its initialization returns at once (far return). */
const RETURN = 0xcb;

export function apicOptionRom(): Uint8Array {
  const image = new Uint8Array(APIC_OPTION_ROM.length);
  image.set([...SIGNATURE, APIC_OPTION_ROM.length / BLOCK, RETURN]);
  const sum = image.reduce((total, byte) => total + byte, 0);
  image[image.length - 1] = -sum & 0xff;
  return image;
}
