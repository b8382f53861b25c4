import { closeSync, openSync, writeSync } from "node:fs";
import { hostErrorText, type Disposable, type LogSink, type Origin } from "backplane";
import type { Draft } from "./draft.ts";
import { commandLineErrors } from "./errors.ts";
import type { Messages } from "./messages.ts";
import { Exit } from "./occurrence.ts";

const ITEMS =
  "Log items (comma separated):\nguest_errors    log when the guest OS does something invalid (eg accessing a\nnon-existent register)\n";

/** Where `-d` and `-D` put what the guest does wrong. */
export interface GuestLog extends Disposable {
  write(line: string): void;
}

/** Throws `LOGFILE`; leaves after listing the items when one is unknown. */
export function openGuestLog(draft: Draft, stderr: (text: string) => void): GuestLog {
  const items = draft.logItems?.split(",") ?? [];
  if (items.some((item) => item !== "guest_errors" && item !== "all")) {
    draft.print(ITEMS);
    throw new Exit(1);
  }
  const isWanted = items.length > 0;
  if (draft.logFile === undefined) {
    return { write: (line) => (isWanted ? stderr(`${line}\n`) : undefined), dispose: () => undefined };
  }
  let file: number;
  try {
    file = openSync(draft.logFile, "w", 0o666);
  } catch (failure) {
    throw commandLineErrors.LOGFILE(draft.logFile, hostErrorText(failure));
  }
  return {
    write: (line) => (isWanted ? void writeSync(file, `${line}\n`) : undefined),
    dispose: () => closeSync(file),
  };
}

/**
 * Messages of the machine's own makers go to the user; what devices log goes to the guest log. A guest fault is told
 * apart by its source: plugins speak of configuration, devices of the guest.
 */
export function logSink(messages: Messages, guestLog: GuestLog, isComplete: () => boolean): LogSink {
  return ({ level, source, message: said, details }) => {
    const error = details?.["error"];
    const message = error instanceof Error ? `${said}: ${error.message}` : said;
    const origin = details?.["origin"] as Origin | undefined;
    if (level === "error") messages.error(message, origin);
    else if (level === "info" && source.length > 0 && origin !== undefined) messages.info(message, origin);
    else if (level === "warn") {
      // What is wrong before the guest runs is the user's doing; afterwards it is the guest's.
      if (isComplete()) guestLog.write(`${source}: ${message}`);
      else messages.warning(message, origin);
    }
  };
}
