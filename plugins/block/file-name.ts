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
  "nvme",
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

function jsonOptions(text: string): JsonObject {
  const read = parseJson(text);
  const value: JsonValue | undefined = "error" in read ? undefined : read.value;
  if (!isObject(value)) throw blockErrors.BLOCK_JSON();
  return value;
}
