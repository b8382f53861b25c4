import { fwCfgErrors } from "./errors.ts";

/** A UUID as it lies in fw_cfg: its digits in order, big-endian throughout (RFC 9562 §4). */
export function parseUuid(text: string | undefined): Uint8Array {
  if (text === undefined) return new Uint8Array(16);
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) {
    throw fwCfgErrors.UUID_INVALID().from({ kind: "command-line", text: `-uuid ${text}` });
  }
  return Buffer.from(text.replaceAll("-", ""), "hex");
}
