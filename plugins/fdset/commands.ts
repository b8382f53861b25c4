import { q, type Command, type ObjectSchema } from "backplane";
import { fdsetErrors } from "./errors.ts";
import type { FdsetTable } from "./fdsets.ts";

/** Checked against their own schemas before they run, so the general signature is safe. */
const command = <A extends ObjectSchema>(declared: Command<A>): Command => declared;

/** Commands for file descriptors. Those that receive one over the monitor's socket cannot: Node.js has no way to. */
export function fdCommands(table: FdsetTable): readonly Command[] {
  return [
    command({
      name: "getfd",
      summary: "Names a file descriptor that came with the message; none can come",
      arguments: q.struct("q_obj_getfd-arg", { fdname: q.str }),
      result: q.none,
      run() {
        throw fdsetErrors.FD_NOT_SENT();
      },
    }),
    command({
      name: "closefd",
      summary: "Closes a file descriptor that `getfd` has named",
      arguments: q.struct("q_obj_closefd-arg", { fdname: q.str }),
      result: q.none,
      run({ fdname }) {
        throw fdsetErrors.FD_NOT_FOUND(fdname);
      },
    }),
    command({
      name: "add-fd",
      summary: "Puts a file descriptor that came with the message into a set; none can come",
      arguments: q.struct("q_obj_add-fd-arg", { "fdset-id?": q.int, "opaque?": q.str }),
      result: q.struct("AddfdInfo", { "fdset-id": q.int, fd: q.int }),
      run() {
        throw fdsetErrors.FD_NOT_SENT();
      },
    }),
    command({
      name: "remove-fd",
      summary: "Takes a file descriptor, or all of them, out of a set",
      arguments: q.struct("q_obj_remove-fd-arg", { "fdset-id": q.int, "fd?": q.int }),
      result: q.none,
      run: ({ "fdset-id": set, fd }) => table.remove(set, fd),
    }),
    {
      name: "query-fdsets",
      summary: "The sets of file descriptors",
      arguments: q.none,
      result: q.array(
        q.struct("FdsetInfo", {
          "fdset-id": q.int,
          fds: q.array(q.struct("FdsetFdInfo", { fd: q.int, "opaque?": q.str })),
        }),
      ),
      run: () => table.describe(),
    },
  ];
}
