import path from "node:path";
import { BackplaneError, messageOf, type LogRecord, type LogSink, type Origin } from "backplane";
import type { LogLevel } from "../log-level.ts";

const WEIGHT: { readonly [Level in LogLevel]: number } = { debug: 0, info: 1, warn: 2, error: 3 };

/** Writes records of a level and above, one to a line. */
export function logTo(stream: NodeJS.WriteStream, least: LogLevel): LogSink {
  // On a terminal the line below is that of the step which is being taken.
  const start = stream.isTTY ? "\r\u001B[K" : "";
  return (record) => {
    if (WEIGHT[record.level] >= WEIGHT[least]) stream.write(`${start}${renderRecord(record)}\n`);
  };
}

/** A record for people: `warn: source: message (where, key value, …)`. */
export function renderRecord({ level, source, message, details = {} }: LogRecord): string {
  const parts = Object.entries(details).flatMap(([key, value]) => {
    if (value === undefined) return [];
    return [isOrigin(value) ? place(value) : `${key} ${text(value)}`];
  });
  return `${level}: ${source}: ${message}${parts.length === 0 ? "" : ` (${parts.join(", ")})`}`;
}

function text(value: unknown): string {
  if (value instanceof BackplaneError) return `${value.code}: ${value.message}`;
  if (value instanceof Error) {
    const code = "code" in value && typeof value.code === "string" ? `${value.code}: ` : "";
    return value.message.startsWith(code) ? value.message : `${code}${value.message}`;
  }
  if (typeof value === "string" || typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value, (_key, item: unknown) => {
      if (typeof item === "bigint") return String(item);
      return item instanceof Error ? messageOf(item) : item;
    });
  } catch {
    // It stands within itself.
    return "…";
  }
}

function isOrigin(value: unknown): value is Origin {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  return (value.kind === "file" && "file" in value) || (value.kind === "command-line" && "text" in value);
}

/** As a compiler writes it, from where the user stands. */
function place(origin: Origin): string {
  if (origin.kind === "command-line") return origin.text;
  const relative = path.relative(process.cwd(), origin.file);
  const file = relative.startsWith("..") ? origin.file : relative;
  return origin.line === 0 ? file : `${file}:${origin.line}:${origin.column}`;
}
