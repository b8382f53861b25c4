import { byteLength, MiB } from "backplane";

/** Where requests are interrupts: VT-d specification 4.1 §3.14. */
export const MESSAGES = { address: 0xfee00000, size: byteLength(MiB) } as const;
