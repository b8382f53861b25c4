import { BackplaneError, parseInteger, type CommandLineOccurrence, type CommandLineOption } from "backplane";
import { fdsetErrors } from "./errors.ts";

export const addFdOption: CommandLineOption = {
  name: "add-fd",
  argument: "keyval",
  help: "-add-fd fd=fd,set=set[,opaque=opaque]\n                Add 'fd' to fd 'set'",
  toOptions: (occurrences) => ({ fds: occurrences.map(readOccurrence) }),
};

function readOccurrence({ text, pairs }: CommandLineOccurrence): object {
  try {
    const values = new Map(
      pairs.map(({ key, value }) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
    );
    for (const key of values.keys()) if (!["fd", "set", "opaque"].includes(key)) throw fdsetErrors.FD_PARAMETER(key);
    return {
      fd: numberOf("fd", values.get("fd")),
      set: numberOf("set", values.get("set")),
      opaque: values.get("opaque"),
      commandLine: text,
    };
  } catch (failure) {
    throw failure instanceof BackplaneError ? failure.from({ kind: "command-line", text }) : failure;
  }
}

function numberOf(name: "fd" | "set", text: string | undefined): number {
  const value = text === undefined ? undefined : parseInteger(text);
  if (text !== undefined && value === undefined) throw fdsetErrors.FD_NUMBER(name);
  // The peer complains of the descriptor's kind ahead of the set.
  if (name === "fd" && value !== undefined && value >= 0 && value <= 2) throw fdsetErrors.FD_STANDARD();
  if (value === undefined || value < 0) throw fdsetErrors.FD_NEEDED(name);
  return value;
}
