// What a drive's `file` may be: a path, or the address of a protocol.
import { parseJson, type JsonObject, type JsonValue } from "backplane";
import { blockErrors } from "./errors.ts";
import { isObject } from "./graph.ts";

const KNOWN_PROTOCOLS = new Set([
  "nbd",
  "nbd+tcp",
  "nbd+unix",
  "http",
  "https",
  "ftp",
  "ftps",
  "iscsi",
  "rbd",
  "ssh",
  "nfs",
  "gluster",
  "host_device",
  "host_cdrom",
  "fat",
  "blkverify",
  "blkreplay",
]);

/** The options of the node that a name stands for. Throws with the peer's text. */
export function nodeOfFilename(name: string): JsonObject {
  if (name.startsWith("json:")) return jsonOptions(name.slice("json:".length));
  const protocol = /^([^/:]*):/.exec(name)?.[1];
  if (protocol === undefined) return { driver: "file", filename: name };
  const rest = name.slice(protocol.length + 1);
  switch (protocol) {
    case "file":
      return { driver: "file", filename: rest };
    case "null-co":
    case "null-aio":
      return { driver: protocol };
    case "nvme":
      return nvmeOptions(rest);
    case "blkdebug": {
      const at = rest.indexOf(":");
      const config = rest.slice(0, Math.max(at, 0));
      const image = nodeOfFilename(rest.slice(at + 1));
      return { driver: "blkdebug", ...(config === "" ? {} : { config }), image };
    }
    default:
      if (KNOWN_PROTOCOLS.has(protocol)) throw blockErrors.BLOCK_DRIVER_UNMODELLED(protocol);
      throw blockErrors.BLOCK_PROTOCOL(protocol);
  }
}

/** `nvme://0000:01:00.0/1`: a controller's address, and a namespace. */
function nvmeOptions(rest: string): JsonObject {
  const [, device, namespace] = /^\/\/([^/]+)(?:\/(.*))?$/s.exec(rest) ?? [];
  if (device === undefined) return { driver: "nvme" };
  if (namespace === undefined) return { driver: "nvme", device };
  return { driver: "nvme", device, namespace: namespace === "" ? 1 : namespaceNumber(namespace) };
}

/** As strtoul takes it, where a sign is no fault; the driver keeps 32 bits of it. */
function namespaceNumber(text: string): number {
  const [, sign, digits] = /^\s*([+-]?)(\d+)$/.exec(text) ?? [];
  const value = digits === undefined ? undefined : BigInt(digits);
  if (value === undefined || value >= 2n ** 64n) throw blockErrors.BLOCK_NVME_NAMESPACE(text);
  return Number(BigInt.asIntN(32, sign === "-" ? -value : value));
}

function jsonOptions(text: string): JsonObject {
  const read = parseJson(text);
  const value: JsonValue | undefined = "error" in read ? undefined : read.value;
  if (!isObject(value)) throw blockErrors.BLOCK_JSON();
  return value;
}
