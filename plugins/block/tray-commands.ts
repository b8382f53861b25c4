// Opening trays, and what is put into them.
import { q, type Command, type Events } from "backplane";
import type { Backend } from "./backend.ts";
import { blockErrors } from "./errors.ts";
import { qdevOf } from "./queries.ts";
import type { BlockService } from "./service.ts";

interface Which {
  readonly device?: string;
  readonly id?: string;
  readonly force?: boolean;
}
const which = { "device?": q.str, "id?": q.str } as const;
const deprecated = { deprecated: ["device"] };
const nameOf = ({ device, id }: Which): string => device ?? id ?? "";

export function trayCommands(block: BlockService, events: Events): readonly Command[] {
  const trays = new Trays(block, events);
  const commands = [
    {
      name: "blockdev-open-tray",
      summary: "Opens a drive's tray, or asks the guest to if it is locked",
      arguments: q.struct("q_obj_blockdev-open-tray-arg", { ...which, "force?": q.bool }, deprecated),
      result: q.none,
      run(args: Which) {
        trays.open(args, "later");
        return {};
      },
    },
    {
      name: "blockdev-close-tray",
      summary: "Closes a drive's tray",
      arguments: q.struct("q_obj_blockdev-close-tray-arg", which, deprecated),
      result: q.none,
      run(args: Which) {
        trays.close(args);
        return {};
      },
    },
    {
      name: "blockdev-remove-medium",
      summary: "Takes the medium out of an open drive",
      arguments: q.struct("q_obj_blockdev-remove-medium-arg", { id: q.str }),
      result: q.none,
      run({ id }: Which) {
        trays.remove(id === undefined ? {} : { id });
        return {};
      },
    },
    {
      name: "blockdev-insert-medium",
      summary: "Puts a node into an open drive",
      arguments: q.struct("q_obj_blockdev-insert-medium-arg", { id: q.str, "node-name": q.str }),
      result: q.none,
      run({ id, "node-name": name }: { readonly id: string; readonly "node-name": string }) {
        trays.insert({ id }, name);
        return {};
      },
    },
    {
      name: "eject",
      summary: "Opens a drive's tray and takes the medium out",
      arguments: q.struct("q_obj_eject-arg", { ...which, "force?": q.bool }, deprecated),
      result: q.none,
      run(args: Which) {
        trays.open(args, "now");
        trays.remove(args);
        return {};
      },
    },
  ];
  return commands;
}

class Trays {
  readonly #block: BlockService;
  readonly #events: Events;

  constructor(block: BlockService, events: Events) {
    this.#block = block;
    this.#events = events;
  }

  /** `now`: it must be open afterwards, where there is one; `later`: the guest may take its time. */
  open(args: Which, when: "now" | "later"): void {
    const backend = this.#find(args);
    const tray = backend.user?.tray;
    if (tray === undefined) {
      if (when === "later" && backend.user !== undefined) throw blockErrors.BLOCK_NO_TRAY(nameOf(args));
      return;
    }
    if (tray.open) return;
    const { locked } = tray;
    if (locked) backend.user?.ejectRequested?.(args.force === true);
    if (!locked || args.force === true) this.#change(backend, false);
    else if (when === "now") throw blockErrors.BLOCK_LOCKED(nameOf(args));
  }

  close(args: Which): void {
    const backend = this.#find(args);
    if (backend.user?.tray?.open === true) this.#change(backend, true);
  }

  remove(args: Which): void {
    const backend = this.#find(args);
    if (backend.user?.tray?.open === false) throw blockErrors.BLOCK_TRAY_CLOSED(nameOf(args));
    this.#block.takeMedium(backend);
  }

  insert(args: Which, name: string): void {
    const node = this.#block.graph.find(name);
    if (node === undefined) throw blockErrors.BLOCK_NODE_MISSING(name);
    if (node.users.size > 0 || this.#block.backends.some((other) => other.node === node))
      throw blockErrors.BLOCK_NODE_TAKEN(name);
    const backend = this.#find(args);
    if (backend.user?.tray?.open === false) throw blockErrors.BLOCK_TRAY_CLOSED(nameOf(args));
    if (backend.node !== undefined) throw blockErrors.BLOCK_OCCUPIED(nameOf(args));
    this.#block.putMedium(backend, node);
  }

  #find(args: Which): Backend {
    const backend = this.#block.removable(args.device, args.id);
    if (backend.user !== undefined && backend.user.removable !== true)
      throw blockErrors.BLOCK_NOT_REMOVABLE(nameOf(args));
    return backend;
  }

  #change(backend: Backend, present: boolean): void {
    const before = backend.user?.tray?.open;
    backend.user?.mediumChanged?.(present);
    const after = backend.user?.tray?.open;
    if (before === after || after === undefined) return;
    this.#events.emit("DEVICE_TRAY_MOVED", {
      device: backend.name,
      id: qdevOf(backend),
      "tray-open": after,
    });
  }
}
