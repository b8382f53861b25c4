import { execFileSync } from "node:child_process";
import { PEER } from "./peer.ts";

/** The first line of the peer's `-version`. */
export function peerVersion(): string {
  return execFileSync(PEER, ["-version"], { encoding: "utf8" }).split("\n")[0] ?? "";
}
