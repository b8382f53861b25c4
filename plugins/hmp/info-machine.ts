import { PEER_VERSION, type JsonValue } from "backplane";
import type { HumanCommand } from "./contract.ts";
import type { OverQmp } from "./over-qmp.ts";
import { listOf, objectOf, textOf } from "./reply.ts";

/** What the machine is, and in which state. */
export function infoMachine(over: OverQmp): HumanCommand[] {
  return [
    {
      name: "info version",
      summary: "the version that the executable claims to be",
      preconfig: true,
      run() {
        const { major, minor, micro } = PEER_VERSION.qemu;
        return `${major}.${minor}.${micro}${PEER_VERSION.package}\n`;
      },
    },
    over.show("info status", "query-status", "whether the guest runs, and why not", statusText, true),
    over.show("info name", "query-name", "the guest's name", nameText, true),
    over.show("info uuid", "query-uuid", "the guest's UUID", (reply) => `${textOf(objectOf(reply)["UUID"])}\n`, true),
    over.show("info kvm", "query-kvm", "whether the guest runs on KVM", kvmText),
    over.show(
      "info vm-generation-id",
      "query-vm-generation-id",
      "the generation ID that the guest sees",
      (reply) => `${textOf(objectOf(reply)["guid"])}\n`,
    ),
    over.show("info iothreads", "query-iothreads", "the I/O threads", iothreadsText, true),
    {
      name: "info replay",
      summary: "whether an execution is recorded or replayed",
      run: () => "Record/replay is not active\n",
    },
    {
      name: "info history",
      summary: "the lines that this monitor was given",
      preconfig: true,
      run: (_args, { history }) => history.map((line, index) => `${index}: '${line}'\n`).join(""),
    },
  ];
}

function statusText(reply: JsonValue): string {
  const { status, running } = objectOf(reply);
  if (running === true) return "VM status: running\n";
  return status === "paused" ? "VM status: paused\n" : `VM status: paused (${textOf(status)})\n`;
}

function nameText(reply: JsonValue): string {
  const { name } = objectOf(reply);
  return name === undefined ? "" : `${textOf(name)}\n`;
}

function kvmText(reply: JsonValue): string {
  const { enabled, present } = objectOf(reply);
  if (present !== true) return "kvm support: not compiled\n";
  return `kvm support: ${enabled === true ? "enabled" : "disabled"}\n`;
}

function iothreadsText(reply: JsonValue): string {
  return listOf(reply)
    .map((thread) =>
      [
        `${textOf(thread["id"])}:`,
        `  thread_id=${textOf(thread["thread-id"])}`,
        `  poll-max-ns=${textOf(thread["poll-max-ns"])}`,
        `  poll-grow=${textOf(thread["poll-grow"])}`,
        `  poll-shrink=${textOf(thread["poll-shrink"])}`,
        `  aio-max-batch=${textOf(thread["aio-max-batch"])}\n`,
      ].join("\n"),
    )
    .join("");
}
