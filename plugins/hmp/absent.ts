import { MiB, type JsonValue } from "backplane";
import type { Network } from "backplane/plugins/net/contract";
import { h, type HumanArguments, type HumanCommand, type HumanCommands } from "./contract.ts";
import { command } from "./define.ts";
import { hmpErrors } from "./errors.ts";
import type { OverQmp } from "./over-qmp.ts";
import { listOf, numberOf, objectOf, textOf } from "./reply.ts";

/** A query about what no machine of ours has, as the peer answers it of a machine that has none. */
const says = (name: string, summary: string, text: string): HumanCommand => ({
  name: `info ${name}`,
  summary,
  run: () => text,
});

/** Queries about hardware and services that are not modelled: there are none of them, and so they say. */
export function absentHardware(
  over: OverQmp,
  table: HumanCommands,
  isPc: boolean,
  network: Network | undefined,
): HumanCommand[] {
  return [
    { name: "info network", summary: "network cards and what they are on", run: () => network?.describe() ?? "" },
    says("usernet", "networks in user mode; there are none", ""),
    says("capture", "sounds that are recorded; there are none", ""),
    says("vnc", "the VNC server; there is none", "None\n"),
    says("spice", "the SPICE server; there is none", "Server: disabled\n"),
    says("dump", "the dump of guest memory; there is none", "Status: none\n"),
    says("tpm", "trusted platform modules; there are none", ""),
    says("cryptodev", "crypto devices; there are none", ""),
    says("snapshots", "snapshots of the machine; nothing here can keep one", `${NO_SNAPSHOTS}\n`),
    says("sgx", "enclaves; there are none", isPc ? NO_ENCLAVES : "SGX is only supported on PC machines\n"),
    says("dirty_rate", "how fast memory becomes dirty; nobody measures it", NO_DIRTY_RATE),
    says("vcpu_dirty_limit", "limits on dirty pages; there are none", "Dirty page limit not enabled!\n"),
    {
      name: "info usb",
      summary: "the USB devices; there is no bus for them",
      run() {
        throw hmpErrors.USB_ABSENT();
      },
    },
    over.show("info balloon", "query-balloon", "the balloon", balloonText),
    command({
      name: "info stats",
      params: "target [names] [provider]",
      summary: "statistics of an accelerator; there are none",
      arguments: { target: h.text, names: h.optional(h.text), provider: h.optional(h.text) },
      run: ({ target }) => (STATISTICS.has(target) ? "" : `invalid stats target ${target}\n`),
    }),
    command({
      name: "info trace-events",
      params: "[name] [vcpu]",
      summary: "events that can be traced; there are none",
      arguments: { name: h.optional(h.text), vcpu: h.optional(h.int) },
      run: () => "",
    }),
    command({
      name: "trace-event",
      params: "name on|off [vcpu]",
      summary: "traces an event, of which there are none",
      arguments: { name: h.text, option: h.onOff, vcpu: h.optional(h.int) },
      run: ({ name }) => `unknown event "${name}"\n`,
    }),
    {
      name: "announce_self",
      params: "[interfaces] [id]",
      summary: "would tell the networks where the guest is; nothing is sent",
      arguments: { interfaces: h.optional(h.text), id: h.optional(h.text) },
      run: () => "",
    },
    refuses("x_colo_lost_heartbeat", "", "goes over to the other machine of a COLO pair; there is none", () =>
      hmpErrors.COLO_ABSENT(),
    ),
    refuses("dumpdtb", "filename", "writes the device tree blob; there is none", () => hmpErrors.FDT_ABSENT(), {
      filename: h.file,
    }),
    refuses("xen-event-list", "", "Xen's event channels; there are none", () => hmpErrors.XEN_EVENTS_ABSENT()),
    refuses("nbd_server_stop", "nbd_server_stop", "ends the NBD server; there is none", () => hmpErrors.NBD_ABSENT()),
    answers("replay_delete_break", "", "takes a breakpoint of a replay away; nothing is replayed", REPLAY_BREAKS),
    answers("replay_break", "icount", "sets a breakpoint of a replay; nothing is replayed", REPLAY_BREAK, {
      icount: h.long,
    }),
    answers("replay_seek", "icount", "goes to a point of a replay; nothing is replayed", REPLAY_SEEK, {
      icount: h.long,
    }),
    answers("hostfwd_add", FORWARD_ADD, "forwards a port into a network; there is none", NO_USER_NETWORK, FORWARD),
    answers("hostfwd_remove", FORWARD_REMOVE, "ends a port's forwarding; there is none", NO_USER_NETWORK, FORWARD),
    command({
      name: "balloon",
      needs: "balloon",
      params: "target",
      summary: "asks the balloon for memory",
      arguments: { value: h.megabytes },
      run: ({ value }) => over.perform("balloon", { value }),
    }),
    command({
      name: "savevm",
      params: "tag",
      summary: "keeps a snapshot of the machine; nothing here can",
      arguments: { name: h.optional(h.text) },
      run() {
        throw hmpErrors.SNAPSHOT_ABSENT();
      },
    }),
    command({
      name: "loadvm",
      params: "tag",
      summary: "goes back to a snapshot, of which there are none",
      arguments: { name: h.text },
      run() {
        throw hmpErrors.SNAPSHOT_ABSENT();
      },
    }),
    {
      name: "info virtio",
      summary: "the virtio devices",
      preconfig: true,
      async run() {
        const all = listOf(table.has("x-query-virtio") ? await table.query("x-query-virtio") : []);
        if (all.length === 0) throw hmpErrors.VIRTIO_ABSENT();
        return all.map(({ path, name }) => `${textOf(path)} [${textOf(name)}]\n`).join("");
      },
    },
    command({
      name: "info rocker",
      params: "name",
      summary: "a rocker switch; there is none",
      arguments: { name: h.text },
      run({ name }) {
        throw hmpErrors.ROCKER_ABSENT(name);
      },
    }),
  ];
}

function balloonText(reply: JsonValue): string {
  return `balloon: actual=${Math.floor(numberOf(objectOf(reply)["actual"]) / MiB)}\n`;
}

/** A command that can only be refused. */
function refuses(
  name: string,
  params: string,
  summary: string,
  error: () => Error,
  declared: HumanArguments = {},
): HumanCommand {
  return {
    name,
    params,
    summary,
    arguments: declared,
    run() {
      throw error();
    },
  };
}

/** A command that can only say that there is nothing to be done. */
function answers(
  name: string,
  params: string,
  summary: string,
  text: string,
  declared: HumanArguments = {},
): HumanCommand {
  return { name, params, summary, arguments: declared, run: () => `${text}\n` };
}

const REPLAY_BREAK = "setting the breakpoint is allowed only in play mode";
const REPLAY_BREAKS = "replay breakpoints are allowed only in play mode";
const REPLAY_SEEK = "replay must be enabled to seek";
const NO_USER_NETWORK = "user mode network stack not in use";
const FORWARD_ADD = "[netdev_id] [tcp|udp]:[hostaddr]:hostport-[guestaddr]:guestport";
const FORWARD_REMOVE = "[netdev_id] [tcp|udp]:[hostaddr]:hostport";
const FORWARD = { arg1: h.text, arg2: h.optional(h.text) };
const NO_SNAPSHOTS = "no block device can store vmstate for snapshot";
const NO_ENCLAVES = "No EPC regions defined, SGX not available\n";
const NO_DIRTY_RATE = [
  "Status: unstarted\n",
  "Start Time: 0 (ms)\n",
  "Sample Pages: 0 (per GB)\n",
  "Period: 0 (sec)\n",
  "Mode: page-sampling\n",
  "Dirty rate: (not ready)\n",
].join("");
const STATISTICS = new Set(["vm", "vcpu", "cryptodev"]);
