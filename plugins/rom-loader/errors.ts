import { defineErrors, hex } from "backplane";

interface Placed {
  readonly name: string;
  readonly address: number;
  readonly size: number;
}

const line = ({ name, address, size }: Placed): string =>
  `  ${name} (addresses ${hex(address, 16)} - ${hex(address + size, 16)})\n`;

export const romErrors = defineErrors({
  ROM_OVERLAP: {
    text: (overlaps: readonly (readonly [Placed, Placed])[]) =>
      [
        "Some ROM regions are overlapping\n",
        "These ROM regions might have been loaded by direct user request or by default.\n",
        "They could be BIOS/firmware images, a guest kernel, initrd or some other file loaded into guest memory.\n",
        "Check whether you intended to load all this guest code, and whether it has been built to load to the correct addresses.\n",
        ...overlaps.map(
          ([first, second]) =>
            `\nThe following two regions overlap (in the memory address space):\n${line(first)}${line(second)}`,
        ),
      ].join(""),
    help: "Two ROMs are to be copied to guest addresses that overlap.",
  },
});
