/** A line of the log. Rendered by whoever made the machine: text on stderr, NDJSON, or nothing. */
export interface LogRecord {
  readonly level: "debug" | "info" | "warn" | "error";
  /** The plugin or device that speaks; filled in by its context. */
  readonly source: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export type LogSink = (record: LogRecord) => void;

/** Where a plugin or device writes. What a guest does wrong is logged here at `warn`, and is no exception. */
export interface Logger {
  debug(message: string, details?: LogRecord["details"]): void;
  info(message: string, details?: LogRecord["details"]): void;
  warn(message: string, details?: LogRecord["details"]): void;
  error(message: string, details?: LogRecord["details"]): void;
  /** The same sink under another name, with details that go with every record. */
  named(source: string, details?: LogRecord["details"]): Logger;
}

/** `common` goes with every record that does not say otherwise: where what speaks was asked for, say. */
export function createLogger(sink: LogSink, source: string, common?: LogRecord["details"]): Logger {
  const write = (level: LogRecord["level"]) => (message: string, own?: LogRecord["details"]) => {
    const details = common === undefined ? own : { ...common, ...own };
    sink({ level, source, message, ...(details === undefined ? {} : { details }) });
  };
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    named: (other, details) => createLogger(sink, other, details ?? common),
  };
}
