import type { JsonObject, JsonValue } from "backplane";
import type { HumanCommand } from "./contract.ts";
import type { OverQmp } from "./over-qmp.ts";
import { listOf, numberOf, objectOf, onOff, textOf } from "./reply.ts";

/** How a migration goes, and what it is set to. */
export function infoMigration(over: OverQmp): HumanCommand[] {
  return [
    over.show("info migrate", "query-migrate", "how the latest migration goes", migrationText),
    over.show("info migrate_capabilities", "query-migrate-capabilities", "what migrations may use", (reply) =>
      listOf(reply)
        .map(({ capability, state }) => `${textOf(capability)}: ${onOff(state)}\n`)
        .join(""),
    ),
    over.show(
      "info migrate_parameters",
      "query-migrate-parameters",
      "the figures that migrations keep to",
      parametersText,
    ),
  ];
}

/** Properties of the object `migration`, which only `-global` sets; these are their defaults. */
const GLOBALS = [
  "globals:\n",
  "store-global-state: on\n",
  "only-migratable: off\n",
  "send-configuration: on\n",
  "send-section-footer: on\n",
  "send-switchover-start: on\n",
  "clear-bitmap-shift: 18\n",
].join("");

const KIBIBYTE = 1024;
type Line = readonly [key: string, label: string, unit?: string, scale?: number];
const kbytes = (key: string, label: string): Line => [key, label, " kbytes", KIBIBYTE];

const TIMES: readonly Line[] = [
  ["total-time", "total time", " ms"],
  ["expected-downtime", "expected downtime", " ms"],
  ["downtime", "downtime", " ms"],
  ["setup-time", "setup", " ms"],
];
/** Always told of a migration that has memory to send. */
const RAM: readonly Line[] = [
  kbytes("remaining", "remaining ram"),
  kbytes("total", "total ram"),
  ["duplicate", "duplicate", " pages"],
  ["normal", "normal", " pages"],
  kbytes("normal-bytes", "normal bytes"),
  ["dirty-sync-count", "dirty sync count"],
  kbytes("page-size", "page size"),
  kbytes("multifd-bytes", "multifd bytes"),
  ["pages-per-second", "pages-per-second"],
];
/** Told when they are not zero. */
const RAM_IF_ANY: readonly Line[] = [
  ["dirty-pages-rate", "dirty pages rate", " pages"],
  ["postcopy-requests", "postcopy request count"],
  kbytes("precopy-bytes", "precopy ram"),
  kbytes("downtime-bytes", "downtime ram"),
  kbytes("postcopy-bytes", "postcopy ram"),
];

function lines(from: JsonObject, which: readonly Line[], wanted: (value: JsonValue | undefined) => boolean): string[] {
  return which
    .filter(([key]) => wanted(from[key]))
    .map(([key, label, unit = "", scale = 1]) => `${label}: ${Math.floor(numberOf(from[key]) / scale)}${unit}\n`);
}

const isThere = (value: JsonValue | undefined): boolean => value !== undefined;

function migrationText(reply: JsonValue): string {
  const info = objectOf(reply);
  const blocked = info["blocked-reasons"];
  const reasons = Array.isArray(blocked) ? blocked.map((reason: JsonValue) => `  ${textOf(reason)}\n`) : [];
  return [
    GLOBALS,
    ...(reasons.length === 0 ? [] : ["Outgoing migration blocked:\n", ...reasons]),
    ...(info["status"] === undefined ? [] : statusLines(info)),
    ...(info["ram"] === undefined ? [] : ramLines(objectOf(info["ram"]))),
    ...lines(info, [["cpu-throttle-percentage", "cpu throttle percentage"]], isThere),
    ...socketLines(info["socket-address"]),
  ].join("");
}

function statusLines(info: JsonObject): string[] {
  const reason =
    info["status"] === "failed" && info["error-desc"] !== undefined ? ` (${textOf(info["error-desc"])})` : "";
  const [total, ...rest] = TIMES;
  return [
    `Migration status: ${textOf(info["status"])}${reason}\n`,
    ...(total === undefined ? [] : lines(info, [total], () => true)),
    ...lines(info, rest, isThere),
  ];
}

function ramLines(ram: JsonObject): string[] {
  return [
    ...lines(ram, [kbytes("transferred", "transferred ram")], () => true),
    `throughput: ${numberOf(ram["mbps"]).toFixed(2)} mbps\n`,
    ...lines(ram, RAM, () => true),
    ...lines(ram, RAM_IF_ANY, (value) => numberOf(value) !== 0),
  ];
}

function socketLines(value: JsonValue | undefined): string[] {
  if (value === undefined) return [];
  const uri = (address: JsonObject): string =>
    address["type"] === "unix"
      ? `unix:${textOf(address["path"])}`
      : `tcp:${textOf(address["host"])}:${textOf(address["port"])}`;
  return ["socket address: [\n", ...listOf(value).map((address) => `\t${uri(address)}\n`), "]\n"];
}

/** In the peer's order, with what stands behind each figure; texts stand between quotation marks. */
const PARAMETERS: readonly (readonly [name: string, unit: string])[] = [
  ["announce-initial", " ms"],
  ["announce-max", " ms"],
  ["announce-rounds", ""],
  ["announce-step", " ms"],
  ["throttle-trigger-threshold", ""],
  ["cpu-throttle-initial", ""],
  ["cpu-throttle-increment", ""],
  ["cpu-throttle-tailslow", ""],
  ["max-cpu-throttle", ""],
  ["tls-creds", "'"],
  ["tls-hostname", "'"],
  ["max-bandwidth", " bytes/second"],
  ["avail-switchover-bandwidth", " bytes/second"],
  ["downtime-limit", " ms"],
  ["x-checkpoint-delay", " ms"],
  ["multifd-channels", ""],
  ["multifd-compression", ""],
  ["zero-page-detection", ""],
  ["xbzrle-cache-size", " bytes"],
  ["max-postcopy-bandwidth", ""],
  ["tls-authz", "'"],
  ["x-vcpu-dirty-limit-period", " ms"],
  ["vcpu-dirty-limit", " MB/s"],
  ["mode", ""],
  ["direct-io", ""],
];

function parametersText(reply: JsonValue): string {
  const parameters = objectOf(reply);
  return PARAMETERS.filter(([name]) => parameters[name] !== undefined)
    .map(([name, unit]) => {
      const value = parameters[name];
      const text = typeof value === "boolean" ? onOff(value) : textOf(value);
      return unit === "'" ? `${name}: '${text}'\n` : `${name}: ${text}${unit}\n`;
    })
    .join("");
}
