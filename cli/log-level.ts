import { InvalidArgumentError } from "commander";

const LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LEVELS)[number];

/** Reads `--log`. */
export function level(text: string): LogLevel {
  const found = LEVELS.find((name) => name === text);
  if (found === undefined) throw new InvalidArgumentError(`one of ${LEVELS.join(", ")}.`);
  return found;
}
