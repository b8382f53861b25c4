// What the firmware's work costs in virtual time. SeaBIOS 1.16.3 on `-machine q35 -m 256M -nodefaults` runs 468,629
// instructions and 744 device accesses from reset to the select of the table loader's script. At 8 ns an instruction
// that is 3.75 ms; spread over the device accesses of this firmware it makes the price of one.

/** The price of an instruction. */
const INSTRUCTION_NS = 8;

/** One access of a port or a device register, with the code around it. */
export const ACCESS_NS = 5600;
/** A string instruction moves four bytes per iteration, and every iteration counts as an instruction. */
export const COPY_BYTES_PER_INSTRUCTION = 4;

export const copyCost = (bytes: number): number => Math.ceil(bytes / COPY_BYTES_PER_INSTRUCTION) * INSTRUCTION_NS;

/**
 * What the firmware spends after the tables, on drives, keyboard and boot devices that are not there, until it gives up:
 * the rest of SeaBIOS's 6.9 million instructions.
 */
export const BOOT_ATTEMPT_NS = 6_345_000 * INSTRUCTION_NS;
