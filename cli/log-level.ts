import { InvalidArgumentError } from "commander";

const LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LEVELS)[number];

/** What is told unasked: that something has failed. What a guest does wrong is a warning, and often its story. */
export const DEFAULT_LEVEL: LogLevel = "error";
export const LOG_HELP = `log lines on standard error, from this level on: ${LEVELS.join(", ")}`;

/** Reads `--log`. */
export function level(text: string): LogLevel {
  const found = LEVELS.find((name) => name === text);
  if (found === undefined) throw new InvalidArgumentError(`one of ${LEVELS.join(", ")}.`);
  return found;
}
