// `info block` and its kin, in the peer's layout.
import { messageOf, type Clock, type JsonObject } from "backplane";
import { h, type HumanArguments, type HumanCommand } from "backplane/plugins/hmp/contract";
import { INTERFACES } from "./drive.ts";
import { blockErrors } from "./errors.ts";
import { splitOptions } from "./option-tree.ts";
import { backendStatistics, blockInfo, deviceInfo } from "./queries.ts";
import type { BlockService } from "./service.ts";
import { textOf } from "./text-of.ts";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** Three digits, as C's `%0.3g`. */
function sizeWords(bytes: number): string {
  const step = bytes <= 0 ? 0 : Math.min(Math.floor(Math.log2(bytes / (1000 / 1024)) / 10), UNITS.length - 1);
  return `${Number((bytes / 1024 ** step).toPrecision(3))} ${UNITS[step] ?? ""}`;
}

function imageText(image: JsonObject): string {
  const { filename, format, "virtual-size": length, "actual-size": actual } = image;
  const lines = [
    `image: ${textOf(filename)}`,
    `file format: ${textOf(format)}`,
    `virtual size: ${sizeWords(Number(length))} (${textOf(length)} bytes)`,
    `disk size: ${actual === undefined ? "unavailable" : sizeWords(Number(actual))}`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** One drive, or one node where there is no drive. */
function describe(info: JsonObject | undefined, inserted: JsonObject | undefined, verbose: boolean): string {
  const node = inserted?.["node-name"];
  const device = info?.["device"];
  const name =
    typeof device === "string" && device !== ""
      ? `${device}${node === undefined ? "" : ` (${textOf(node)})`}`
      : textOf(node ?? info?.["qdev"] ?? "<anonymous>");
  const medium =
    inserted === undefined
      ? "[not inserted]"
      : `${textOf(inserted["file"])} (${textOf(inserted["drv"])}${inserted["ro"] === true ? ", read-only" : ""})`;
  const lines = [`${name}: ${medium}`];
  if (info?.["qdev"] !== undefined) lines.push(`    Attached to:      ${textOf(info["qdev"])}`);
  if (info?.["removable"] === true) {
    const tray = info["tray_open"] === true ? "open" : "closed";
    lines.push(`    Removable device: ${info["locked"] === true ? "" : "not "}locked, tray ${tray}`);
  }
  if (inserted !== undefined) {
    const cache = inserted["cache"] as JsonObject;
    const mode = cache["writeback"] === true ? "writeback" : "writethrough";
    const direct = cache["direct"] === true ? ", direct" : "";
    lines.push(`    Cache mode:       ${mode}${direct}${cache["no-flush"] === true ? ", ignore flushes" : ""}`);
    if (inserted["detect_zeroes"] !== "off") lines.push(`    Detect zeroes:    ${textOf(inserted["detect_zeroes"])}`);
    if (verbose) lines.push("", "Images:", imageText(inserted["image"] as JsonObject).replace(/\n$/, ""));
  }
  return lines.map((line) => `${line}\n`).join("");
}

const STATISTICS = [
  "rd_bytes",
  "wr_bytes",
  "rd_operations",
  "wr_operations",
  "flush_operations",
  "wr_total_time_ns",
  "rd_total_time_ns",
  "flush_total_time_ns",
  "rd_merged",
  "wr_merged",
  "idle_time_ns",
];

export function humanBlockCommands(block: BlockService, clock: Clock): readonly HumanCommand[] {
  const shown = () => block.backends.filter(({ name, user }) => name !== "" || user !== undefined);
  const info = command("info block", {
    params: "[-n] [-v] [device]",
    summary: "the drives and nodes",
    arguments: { nodes: h.flag("n"), verbose: h.flag("v"), device: h.optional(h.block) },
    run({ nodes, verbose, device }) {
      const drives =
        nodes === true
          ? []
          : shown()
              .map(blockInfo)
              .filter((each) => device === undefined || each["device"] === device);
      const parts = drives.map((each) => describe(each, each["inserted"] as JsonObject | undefined, verbose === true));
      const named = block.graph.nodes
        .toReversed()
        .filter(({ nodeName }) => (device === undefined ? nodes === true : nodeName === device));
      if (nodes === true || parts.length === 0)
        parts.push(...named.map((node) => describe(undefined, deviceInfo(node, undefined), verbose === true)));
      return parts.join("\n");
    },
  });
  const statistics = command("info blockstats", {
    summary: "what drives have read and written",
    run: () =>
      shown()
        .map((backend) => {
          const stats = backendStatistics(backend, clock.now)["stats"] as JsonObject;
          return `${backend.name}: ${STATISTICS.map((name) => `${name}=${textOf(stats[name] ?? 0)}`).join(" ")}\n`;
        })
        .join(""),
  });
  const jobs = command("info block-jobs", {
    summary: "jobs of the block layer, of which there are none",
    run: () => "No active jobs\n",
  });
  const add = command("drive_add", {
    params:
      "[-n] [[<domain>:]<bus>:]<slot>\n[file=file][,if=type][,bus=n]\n[,unit=m][,media=d][,index=i]\n[,snapshot=on|off][,cache=on|off]\n[,readonly=on|off][,copy-on-read=on|off]",
    summary: "adds a drive, for a device to come",
    arguments: { node: h.flag("n"), place: h.text, options: h.text },
    run({ node, options }) {
      const given = Object.fromEntries(splitOptions(String(options)));
      if (node === true) throw blockErrors.BLOCK_OPTION_UNMODELLED("drive_add", "-n");
      const { facts } = block.addDrive(given, "none");
      if (facts.interface === "none") return "OK\n";
      block.deleteDrive(facts.id);
      return `Can't hot-add drive to type ${INTERFACES.indexOf(facts.interface)}\n`;
    },
  });
  const remove = command("drive_del", {
    params: "device",
    summary: "takes a drive away, from its device too",
    arguments: { id: h.block },
    run({ id }) {
      try {
        block.deleteDrive(String(id));
        return "";
      } catch (failure) {
        return `${messageOf(failure)}\n`;
      }
    },
  });
  const resize = command("block_resize", {
    params: "device size",
    summary: "changes the length of an image",
    arguments: { device: h.block, size: h.size },
    async run({ device, size }) {
      const node = block.backend(String(device))?.node;
      if (node === undefined) throw blockErrors.BLOCK_REFERENCE(String(device), "");
      if (!(await node.truncate(Number(size)))) throw blockErrors.BLOCK_CANNOT_RESIZE();
      return "";
    },
  });
  return [info, statistics, jobs, add, remove, resize];
}

type Values = { readonly [name: string]: unknown };

function command(
  name: string,
  rest: Omit<HumanCommand, "name" | "run"> & {
    readonly arguments?: HumanArguments;
    run(values: Values): string | Promise<string>;
  },
): HumanCommand {
  return { name, ...rest };
}
