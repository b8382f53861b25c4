import { hex, monitorErrors, q, type Command, type JsonObject } from "backplane";
import type { HumanCommand } from "backplane/plugins/hmp/contract";
import type { Nvmm } from "./contract.ts";
import { nvmmErrors } from "./errors.ts";

const hostMapping = q.struct("NvmmHostMapping", {
  "host-address": q.uint(64),
  size: q.size,
  block: q.str,
  leaked: q.bool,
});
const guestMapping = q.struct("NvmmGuestMapping", {
  "guest-address": q.uint(64),
  size: q.size,
  "host-address": q.uint(64),
  writable: q.bool,
  region: q.str,
});

export function queryNvmm(nvmm: Nvmm): Command {
  return {
    name: "x-query-nvmm",
    summary: "What this machine keeps with NVMM: host mappings, guest mappings, virtual processors, what has leaked",
    arguments: q.none,
    result: q.struct("NvmmInfo", {
      "max-ram": q.size,
      vcpus: q.array(q.int),
      "host-mappings": q.array(hostMapping),
      "guest-mappings": q.array(guestMapping),
      leaked: q.int,
      "leaked-bytes": q.size,
    }),
    unstable: true,
    run(): JsonObject {
      const hosts = nvmm.hostMappings();
      const leaked = hosts.filter((mapping) => mapping.leaked);
      return {
        "max-ram": nvmm.capability.maxRam,
        vcpus: nvmm.vcpus(),
        "host-mappings": hosts.map(({ hostAddress, size, block, leaked: isLeaked }) => ({
          "host-address": hostAddress,
          size,
          block,
          leaked: isLeaked,
        })),
        "guest-mappings": nvmm.guestMappings().map(({ guestAddress, size, hostAddress, writable, region }) => ({
          "guest-address": guestAddress,
          size,
          "host-address": hostAddress,
          writable,
          region,
        })),
        leaked: leaked.length,
        "leaked-bytes": leaked.reduce((sum, { size }) => sum + size, 0),
      };
    },
  };
}

const ACCESS_MAX = 4096;

const readArguments = q.struct("NvmmGuestRead", { address: q.uint(64), size: q.uint(32) });

/** What the guest sees, which is not what the monitor sees once a host mapping has outlived its block. */
export function readGuest(nvmm: Nvmm): Command<typeof readArguments> {
  return {
    name: "x-nvmm-guest-read",
    summary: "Bytes as the guest sees them through NVMM; mapped is false where it would leave for the monitor",
    arguments: readArguments,
    result: q.struct("NvmmGuestBytes", { mapped: q.bool, "bytes?": q.str }),
    unstable: true,
    run({ address, size }) {
      if (size < 1 || size > ACCESS_MAX) throw monitorErrors.PARAMETER_RANGE("size", `1 to ${ACCESS_MAX}`);
      const bytes = Buffer.alloc(size);
      const mapped = nvmm.guestRead(address, bytes);
      return mapped ? { mapped, bytes: bytes.toString("hex") } : { mapped };
    },
  };
}

const writeArguments = q.struct("NvmmGuestWrite", { address: q.uint(64), bytes: q.str });

/** The guest writes: as a processor does that runs on the host, past the monitor. */
export function writeGuest(nvmm: Nvmm): Command<typeof writeArguments> {
  return {
    name: "x-nvmm-guest-write",
    summary: "Writes bytes as the guest does through NVMM; mapped is false where it would leave for the monitor",
    arguments: writeArguments,
    result: q.struct("NvmmGuestWritten", { mapped: q.bool }),
    unstable: true,
    run({ address, bytes }) {
      if (bytes.length > 2 * ACCESS_MAX || !/^(?:[0-9a-f]{2})+$/i.test(bytes)) throw nvmmErrors.NVMM_BYTES();
      return { mapped: nvmm.guestWrite(address, Buffer.from(bytes, "hex")) };
    },
  };
}

/** `info nvmm`. */
export function infoNvmm(nvmm: Nvmm): HumanCommand {
  return {
    name: "info nvmm",
    summary: "shows what NVMM keeps for the machine",
    needs: "x-query-nvmm",
    run: () =>
      [
        ...nvmm
          .hostMappings()
          .map(
            ({ hostAddress, size, block, leaked }) =>
              `hva ${hex(hostAddress, 16)} ${hex(size)} ${block === "" ? "-" : block}${leaked ? " (leaked)" : ""}\n`,
          ),
        ...nvmm
          .guestMappings()
          .map(
            ({ guestAddress, size, hostAddress, writable, region }) =>
              `gpa ${hex(guestAddress, 16)} ${hex(size)} ${writable ? "rwx" : "r-x"} ${hex(hostAddress, 16)} ${region}\n`,
          ),
      ].join(""),
  };
}
