// `info virtio-*` in the peer's layout.
import type { JsonObject, JsonValue } from "backplane";

const text = (value: JsonValue | undefined): string => (typeof value === "object" ? "" : String(value));
const object = (value: JsonValue | undefined): JsonObject => value as JsonObject;
const list = (value: JsonValue | undefined): readonly JsonValue[] => (Array.isArray(value) ? value : []);
const rows = (pairs: readonly (readonly [label: string, value: string])[], indent: string, width: number): string =>
  pairs.map(([label, value]) => `${indent}${`${label}:`.padEnd(width)}${value}\n`).join("");
const words = (value: JsonValue | undefined): string =>
  list(value)
    .map((word) => `\t${text(word)}`)
    .join(",\n");
const hexadecimal = (value: JsonValue | undefined): string => `0x${BigInt(text(value)).toString(16).padStart(16, "0")}`;

function featuresText(features: JsonObject): string {
  const own = list(features["dev-features"]);
  const unknown = features["unknown-dev-features"];
  return (
    `${words(features["transports"])}\n` +
    (own.length === 0 ? "" : `${words(own)}\n`) +
    (unknown === undefined ? "" : `  unknown-features(${hexadecimal(unknown)})\n`)
  );
}

export function statusText(path: string, status: JsonObject): string {
  const of = (name: string): string => text(status[name]);
  const { statuses, "unknown-statuses": unknown } = object(status["status"]);
  return (
    `${path}:\n` +
    rows(
      [
        ["device_name", `${of("name")} `],
        ["device_id", of("device-id")],
        ["vhost_started", of("vhost-started")],
        // The peer's device has no name for its bus.
        ["bus_name", "(null)"],
        ["broken", of("broken")],
        ["disabled", of("disabled")],
        ["disable_legacy_check", of("disable-legacy-check")],
        ["started", of("started")],
        ["use_started", of("use-started")],
        ["start_on_kick", of("start-on-kick")],
        ["use_guest_notifier_mask", of("use-guest-notifier-mask")],
        ["vm_running", of("vm-running")],
        ["num_vqs", of("num-vqs")],
        ["queue_sel", of("queue-sel")],
        ["isr", of("isr")],
        ["endianness", of("device-endian")],
      ],
      "  ",
      25,
    ) +
    `  status:\n${words(statuses)}\n` +
    (unknown === undefined ? "" : `  unknown-statuses(0x${Number(unknown).toString(16).padStart(16, "0")})\n`) +
    `  Guest features:\n${featuresText(object(status["guest-features"]))}` +
    `  Host features:\n${featuresText(object(status["host-features"]))}` +
    `  Backend features:\n${featuresText(object(status["backend-features"]))}`
  );
}

export function queueText(path: string, queue: JsonObject): string {
  const of = (name: string): string => text(queue[name]);
  return (
    `${path}:\n` +
    rows(
      [
        ["device_name", of("name")],
        ["queue_index", of("queue-index")],
        ["inuse", of("inuse")],
        ["used_idx", of("used-idx")],
        ["signalled_used", of("signalled-used")],
        ["signalled_used_valid", of("signalled-used-valid")],
        ["last_avail_idx", of("last-avail-idx")],
        ["shadow_avail_idx", of("shadow-avail-idx")],
      ],
      "  ",
      22,
    ) +
    "  VRing:\n" +
    rows(
      [
        ["num", of("vring-num")],
        ["num_default", of("vring-num-default")],
        ["align", of("vring-align")],
        ["desc", hexadecimal(queue["vring-desc"])],
        ["avail", hexadecimal(queue["vring-avail"])],
        ["used", hexadecimal(queue["vring-used"])],
      ],
      "    ",
      14,
    )
  );
}

export function elementText(path: string, element: JsonObject): string {
  const [avail, used] = [object(element["avail"]), object(element["used"])];
  const descriptors = list(element["descs"]).map((value) => {
    const { addr, len, flags } = object(value);
    const told = list(flags).length === 0 ? "" : ` (${list(flags).map(text).join(", ")})`;
    return `        addr 0x${BigInt(text(addr)).toString(16)} len ${Number(len) | 0}${told}`;
  });
  return (
    `${path}:\n` +
    `  device_name: ${text(element["name"])}\n` +
    `  index:   ${text(element["index"])}\n` +
    `  desc:\n    descs:\n${descriptors.join(",\n")}\n` +
    `  avail:\n    flags: ${text(avail["flags"])}\n    idx:   ${text(avail["idx"])}\n    ring:  ${text(avail["ring"])}\n` +
    `  used:\n    flags: ${text(used["flags"])}\n    idx:   ${text(used["idx"])}\n`
  );
}
