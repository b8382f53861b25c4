import type { MigrationAddress } from "../contract.ts";
import { migrationErrors } from "../errors.ts";
import { openExec, type ExecOptions } from "./exec.ts";
import { openFile } from "./file.ts";
import { connectSocket } from "./socket.ts";
import type { Transport } from "./transport.ts";

/** True where `migrate` answers before the transport stands: connecting may take its time, and fail later. */
export function connectsLater(address: MigrationAddress): boolean {
  return address.transport === "socket" && address.type !== "fd";
}

export function openTransport(
  address: MigrationAddress,
  options: ExecOptions,
  signal: AbortSignal,
): Promise<Transport> {
  switch (address.transport) {
    case "exec":
      return openExec(address.args, options);
    case "file":
      return openFile(address.filename, address.offset);
    case "socket":
      return connectSocket(address, signal);
    case "rdma":
      // What the peer says on a host without RDMA devices.
      return Promise.reject(migrationErrors.TRANSPORT_FAILED("RDMA ERROR: could not create CM channel"));
  }
}
