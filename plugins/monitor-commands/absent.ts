import { q, type Command, type ObjectSchema } from "backplane";
import { PCI_BUSES } from "backplane/plugins/pci/contract";
import { CPUS_FAST, HOTPLUGGABLE_CPUS } from "./cpu-schema.ts";
import { monitorCommandErrors } from "./errors.ts";

/** Checked against their own schemas before they run, so the general signature is safe. */
const command = <A extends ObjectSchema>(declared: Command<A>): Command => declared;

const CRYPTO_SERVICES = ["cipher", "hash", "mac", "aead", "akcipher"] as const;
const TPM_MODEL = q.enum("TpmModel", ["tpm-tis", "tpm-crb", "tpm-spapr"]);
const TPM_TYPE = q.enum("TpmType", ["passthrough", "emulator"]);

/**
 * Commands about hardware, as a machine answers them that has none of it. A plugin that brings the hardware registers
 * the command itself, and the one here is not.
 */
export const absentHardware: readonly Command[] = [
  { name: "query-pci", summary: "The PCI buses; there are none", arguments: q.none, result: PCI_BUSES, run: () => [] },
  {
    name: "query-cpus-fast",
    summary: "The processors that are there; there are none",
    arguments: q.none,
    result: CPUS_FAST,
    run: () => [],
  },
  {
    name: "query-hotpluggable-cpus",
    summary: "The places for processors; there are none",
    arguments: q.none,
    result: HOTPLUGGABLE_CPUS,
    preconfig: true,
    run() {
      throw monitorCommandErrors.CPU_HOTPLUG_UNSUPPORTED();
    },
  },
  {
    name: "inject-nmi",
    summary: "Sends the processors a non-maskable interrupt; there is nothing to send it with",
    arguments: q.none,
    result: q.none,
    run() {
      throw monitorCommandErrors.NMI_ABSENT();
    },
  },
  {
    name: "query-vm-generation-id",
    summary: "The VM generation ID; there is none",
    arguments: q.none,
    result: q.struct("GuidInfo", { guid: q.str }),
    run() {
      throw monitorCommandErrors.VMGENID_ABSENT();
    },
  },
  {
    name: "query-acpi-ospm-status",
    summary: "What the guest's system said of devices; there is no ACPI device",
    arguments: q.none,
    result: q.array(
      q.struct("ACPIOSTInfo", {
        "device?": q.str,
        slot: q.str,
        "slot-type": q.enum("ACPISlotType", ["DIMM", "CPU"]),
        source: q.int,
        status: q.int,
      }),
    ),
    run() {
      throw monitorCommandErrors.ACPI_ABSENT();
    },
  },
  {
    name: "query-balloon",
    summary: "How much memory the balloon leaves the guest; there is no balloon",
    arguments: q.none,
    result: q.struct("BalloonInfo", { actual: q.int }),
    run() {
      throw monitorCommandErrors.BALLOON_ABSENT();
    },
  },
  command({
    name: "balloon",
    summary: "Asks the balloon to leave the guest so much memory; there is no balloon",
    arguments: q.struct("q_obj_balloon-arg", { value: q.int }),
    result: q.none,
    run() {
      throw monitorCommandErrors.BALLOON_ABSENT();
    },
  }),
  {
    name: "query-hv-balloon-status-report",
    summary: "What the guest tells of its memory through a Hyper-V balloon; there is none",
    arguments: q.none,
    result: q.struct("HvBalloonInfo", { committed: q.size, available: q.size }),
    run() {
      throw monitorCommandErrors.HV_BALLOON_ABSENT();
    },
  },
  {
    name: "query-tpm",
    summary: "The trusted platform modules; there are none",
    arguments: q.none,
    result: q.array(
      q.struct("TPMInfo", {
        id: q.str,
        model: TPM_MODEL,
        options: q.union(
          "TpmTypeOptions",
          "type",
          { type: TPM_TYPE },
          {
            passthrough: q.struct("TPMPassthroughOptionsWrapper", {
              data: q.struct("TPMPassthroughOptions", { "path?": q.str, "cancel-path?": q.str }),
            }),
            emulator: q.struct("TPMEmulatorOptionsWrapper", {
              data: q.struct("TPMEmulatorOptions", { chardev: q.str }),
            }),
          },
        ),
      }),
    ),
    run: () => [],
  },
  {
    name: "query-tpm-models",
    summary: "The trusted platform modules that can be had; there are none",
    arguments: q.none,
    result: q.array(TPM_MODEL),
    run: () => [],
  },
  {
    name: "query-tpm-types",
    summary: "The ways to reach a trusted platform module; there are none",
    arguments: q.none,
    result: q.array(TPM_TYPE),
    run: () => [],
  },
  {
    name: "query-iothreads",
    summary: "The I/O threads; there are none",
    arguments: q.none,
    result: q.array(
      q.struct("IOThreadInfo", {
        id: q.str,
        "thread-id": q.int,
        "poll-max-ns": q.int,
        "poll-grow": q.int,
        "poll-shrink": q.int,
        "aio-max-batch": q.int,
      }),
    ),
    preconfig: true,
    run: () => [],
  },
  {
    name: "query-pr-managers",
    summary: "The managers of persistent reservations; there are none",
    arguments: q.none,
    result: q.array(q.struct("PRManagerInfo", { id: q.str, connected: q.bool })),
    preconfig: true,
    run: () => [],
  },
  {
    name: "query-cryptodev",
    summary: "The cryptographic backends; there are none",
    arguments: q.none,
    result: q.array(
      q.struct("QCryptodevInfo", {
        id: q.str,
        service: q.array(q.enum("QCryptodevBackendServiceType", CRYPTO_SERVICES)),
        client: q.array(
          q.struct("QCryptodevBackendClient", {
            queue: q.uint(32),
            type: q.enum("QCryptodevBackendType", ["builtin", "vhost-user", "lkcf"]),
          }),
        ),
      }),
    ),
    run: () => [],
  },
  {
    name: "query-replay",
    summary: "Whether the guest is recorded or replayed; it is not",
    arguments: q.none,
    result: q.struct("ReplayInfo", {
      mode: q.enum("ReplayMode", ["none", "record", "play"]),
      "filename?": q.str,
      icount: q.int,
    }),
    run: () => ({ mode: "none", icount: 0 }),
  },
];
