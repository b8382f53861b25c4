import type { HostAddress } from "backplane";
import type { SevState } from "./contract.ts";

/** A guest's way from nothing to encrypted and running. */
export interface Launch {
  readonly state: SevState;
  /** Base64; for guests that do not attest themselves. */
  readonly measurement: string | undefined;
  /** Why the guest cannot migrate, once it runs. */
  readonly migrationReason: string;
  /** Throws `SEV_CONTEXT` after a word of why. */
  start(): Promise<void>;
  /** Initial contents. Throws what the machine cannot start with. */
  update(guestAddress: number, address: HostAddress, length: number): void;
  measure(): void;
  /** Before the guest runs for the first time. Throws what the machine ends with. */
  finish(): void;
}
