import { type CliCase, lines, Q35 } from "./cli-case.ts";

const NODE = "-blockdev driver=nvme,node-name=n";
const DEVICE = "device=0000:01:00.0";
const DRIVE = "-drive if=none,format=raw";

/** NVMe controllers through VFIO, on a host that has none. */
export const nvmeLines: CliCase[] = lines("nvme", Q35, {
  node: `${NODE},${DEVICE},namespace=1`,
  direct: `${NODE},${DEVICE},namespace=1,cache.direct=on`,
  "no-device": `${NODE},namespace=1`,
  "no-namespace": `${NODE},${DEVICE}`,
  "bad-namespace": `${NODE},${DEVICE},namespace=x`,
  "negative-namespace": `${NODE},${DEVICE},namespace=-1`,
  "unknown-option": `${NODE},${DEVICE},namespace=1,nosuch=1`,
  "no-name": `-blockdev driver=nvme,${DEVICE},namespace=1`,
  url: "-drive if=none,file=nvme://0000:01:00.0/1",
  "url-raw": `${DRIVE},file=nvme://0000:01:00.0/1`,
  "url-format": "-drive if=none,format=nvme,file=nvme://0000:01:00.0/1",
  "url-no-namespace": `${DRIVE},file=nvme://0000:01:00.0`,
  "url-empty-namespace": `${DRIVE},file=nvme://0000:01:00.0/`,
  "url-zero": `${DRIVE},file=nvme://0000:01:00.0/0`,
  "url-negative": `${DRIVE},file=nvme://0000:01:00.0/-1`,
  "url-word": `${DRIVE},file=nvme://0000:01:00.0/abc`,
  "url-large": `${DRIVE},file=nvme://0000:01:00.0/99999999999999999999999`,
  "url-empty": `${DRIVE},file=nvme://`,
  "url-short": `${DRIVE},file=nvme:0000`,
  "drive-device": `${DRIVE},file.driver=nvme,file.device=0000:01:00.0`,
  "drive-no-device": `${DRIVE},file.driver=nvme`,
  "drive-nothing": "-drive if=none,driver=nvme",
});
