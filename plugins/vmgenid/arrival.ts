// What becomes of the GUID of a guest that was loaded from a stream: Microsoft, "Virtual Machine Generation ID" (August
// 2012), "When the generation ID should change".
import { SYSTEM_MEMORY, type AddressSpace, type Logger, type PluginMachine } from "backplane";
import { GPE, ICH9, type Ich9 } from "backplane/plugins/ich9/contract";
import { MIGRATION, type IncomingTransport } from "backplane/plugins/migration/contract";
import { followingGuid, GUID_LENGTH, guidBytes, guidText } from "./guid.ts";
import type { VmgenidOptions } from "./options.ts";
import type { VmgenidState } from "./state.ts";

/**
 * A stream over a socket comes from a machine that ends when it has sent it. Whatever else it comes from can be read
 * again: a file, a program's output, a descriptor that somebody has opened.
 */
function hasMoved(transport: IncomingTransport | undefined): boolean {
  switch (transport) {
    case "tcp":
    case "unix":
    case undefined:
      return true;
    case "file":
    case "exec":
    case "fd":
      return false;
  }
}

export class Arrival {
  readonly #state: VmgenidState;
  readonly #memory: AddressSpace;
  readonly #chipset: () => Ich9 | undefined;
  readonly #log: Logger;

  constructor(state: VmgenidState, memory: AddressSpace, chipset: () => Ich9 | undefined, log: Logger) {
    this.#state = state;
    this.#memory = memory;
    this.#chipset = chipset;
    this.#log = log;
  }

  /** Everything is loaded and the guest does not run yet. Returns the GUID that the machine has from now on. */
  arrived(policy: VmgenidOptions["incoming"], transport: IncomingTransport | undefined): string | undefined {
    const { guid: own, isAutomatic } = this.#state;
    // Before its firmware said where, the guest has none.
    if (own === undefined || this.#state.guestAddress === 0) return own;
    const guests = this.#guestsGuid();
    if (policy === "qemu-10.0") return this.#give(own);
    if (isAutomatic && hasMoved(transport)) return guests;
    if (isAutomatic && own === guests) return this.#give(followingGuid(own));
    return own === guests ? own : this.#give(own);
  }

  #guestsGuid(): string {
    const bytes = new Uint8Array(GUID_LENGTH);
    this.#memory.read(this.#state.guestAddress, bytes);
    return guidText(bytes);
  }

  /** Lays it into the guest's memory and tells the guest. */
  #give(guid: string): string {
    this.#memory.write(this.#state.guestAddress, guidBytes(guid));
    this.#chipset()?.raiseEvent(GPE.vmgenid);
    this.#log.debug("the guest has a new generation ID", { guid });
    return guid;
  }
}

/** Has the GUID follow what happens to the machine: `loaded` comes first, `changed` hears of a new GUID. */
export function followArrivals(
  machine: PluginMachine,
  state: VmgenidState,
  { incoming: policy }: VmgenidOptions,
  loaded: () => void,
  changed: (guid: string) => void,
): void {
  const migration = machine.optional(MIGRATION);
  if (migration === undefined) return;
  const chipset = machine.optional(ICH9);
  const arrival = new Arrival(state, machine.use(SYSTEM_MEMORY), () => chipset, machine.log);
  machine.own(
    migration.onIncoming(({ status, transport }) => {
      if (status !== "completed") return;
      loaded();
      const guid = arrival.arrived(policy, transport);
      if (guid === undefined || guid === state.guid) return;
      state.guid = guid;
      changed(guid);
    }),
  );
}
