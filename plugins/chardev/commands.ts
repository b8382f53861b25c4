import { asBackplaneError, q, type Command, type ObjectSchema } from "backplane";
import { CHARDEV_BACKEND, definitionOf } from "./backend-schema.ts";
import type { CharDevices } from "./chardevs.ts";
import { CHARDEV_KINDS, type Chardev } from "./contract.ts";
import { chardevErrors } from "./errors.ts";

const FORMAT = q.enum("DataFormat", ["utf8", "base64"]);
const RETURN = q.struct("ChardevReturn", { "pty?": q.str });

/** The monitor's commands for character devices. */
export function chardevCommands(
  chardevs: CharDevices,
  add: <A extends ObjectSchema>(command: Command<A>) => void,
): void {
  add({
    name: "query-chardev",
    summary: "The character devices and what they are connected to",
    arguments: q.none,
    result: q.array(q.struct("ChardevInfo", { label: q.str, filename: q.str, "frontend-open": q.bool })),
    preconfig: true,
    run: () =>
      chardevs.all().map(({ id, filename, hasFrontend }) => ({ label: id, filename, "frontend-open": hasFrontend })),
  });
  add({
    name: "query-chardev-backends",
    summary: "The kinds of character devices that can be made",
    arguments: q.none,
    result: q.array(q.struct("ChardevBackendInfo", { name: q.str })),
    run: () => CHARDEV_KINDS.toReversed().map((name) => ({ name })),
  });
  add({
    name: "chardev-add",
    summary: "Makes a character device",
    arguments: q.struct("q_obj_chardev-add-arg", { id: q.str, backend: CHARDEV_BACKEND }),
    result: RETURN,
    async run({ id, backend }) {
      if (chardevs.has(id)) throw chardevErrors.CHARDEV_EXISTS(id);
      try {
        return ptyOf(await chardevs.add(definitionOf(id, backend)));
      } catch (failure) {
        throw chardevErrors.CHARDEV_ADD(id, asBackplaneError(failure).message);
      }
    },
  });
  add({
    name: "chardev-change",
    summary: "Puts another backend in the place of one that nobody uses",
    arguments: q.struct("q_obj_chardev-change-arg", { id: q.str, backend: CHARDEV_BACKEND }),
    result: RETURN,
    async run({ id, backend }) {
      return ptyOf(await chardevs.change(definitionOf(id, backend)));
    },
  });
  add({
    name: "chardev-remove",
    summary: "Removes a character device that nobody uses",
    arguments: q.struct("q_obj_chardev-remove-arg", { id: q.str }),
    result: q.none,
    run: ({ id }) => chardevs.remove(id),
  });
  add({
    name: "chardev-send-break",
    summary: "Sends a break, which is nothing to the front ends that there are",
    arguments: q.struct("q_obj_chardev-send-break-arg", { id: q.str }),
    result: q.none,
    run({ id }) {
      if (!chardevs.has(id)) throw chardevErrors.CHARDEV_ABSENT(id);
    },
  });
  add({
    name: "ringbuf-write",
    summary: "Writes into a ring buffer",
    arguments: q.struct("q_obj_ringbuf-write-arg", { device: q.str, data: q.str, "format?": FORMAT }),
    result: q.none,
    run({ device, data, format = "utf8" }) {
      const ring = chardevs.ringBuffer(device);
      if (format === "base64" && !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(data)) throw chardevErrors.RINGBUF_BASE64();
      ring.put(Buffer.from(data, format));
    },
  });
  add({
    name: "ringbuf-read",
    summary: "Takes the oldest bytes of a ring buffer",
    arguments: q.struct("q_obj_ringbuf-read-arg", { device: q.str, size: q.int, "format?": FORMAT }),
    result: q.str,
    run({ device, size, format = "utf8" }) {
      const ring = chardevs.ringBuffer(device);
      if (size <= 0) throw chardevErrors.RINGBUF_COUNT();
      return ring.take(size).toString(format);
    },
  });
}

/** A pseudo-terminal is told where it is. */
function ptyOf({ filename }: Chardev): { readonly pty?: string } {
  const prefix = "pty:";
  return filename.startsWith(prefix) ? { pty: filename.slice(prefix.length) } : {};
}
