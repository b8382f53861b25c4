import { defineErrors } from "../errors.ts";

export const monitorErrors = defineErrors({
  PARAMETER_MISSING: {
    text: (path: string) => `Parameter '${path}' is missing`,
    help: "A command was given without an argument that it needs.",
  },
  PARAMETER_UNEXPECTED: {
    text: (path: string) => `Parameter '${path}' is unexpected`,
    help: "A command was given an argument that it does not have.",
  },
  PARAMETER_TYPE: {
    text: (path: string, expected: string) => `Invalid parameter type for '${path}', expected: ${expected}`,
    help: "An argument has the wrong JSON type.",
  },
  PARAMETER_RANGE: {
    text: (name: string, expected: string) => `Parameter '${name}' expects ${expected}`,
    help: "An argument is no whole number, or is out of its type's range.",
  },
  PARAMETER_CHOICE: {
    text: (path: string, value: string) => `Parameter '${path}' does not accept value '${value}'`,
    help: "An argument that takes one of a fixed set of words was given another.",
  },
  COMMAND_NOT_FOUND: {
    text: (name: string) => `The command ${name} has not been found`,
    help: "A monitor client sent a command that no plugin of the machine registers.",
    errorClass: "CommandNotFound",
  },
  COMMAND_NOT_OOB: {
    text: (name: string) => `The command ${name} does not support OOB`,
    help: "A monitor client sent a command out of band that cannot run so.",
  },
  COMMAND_TOO_EARLY: {
    text: (name: string) => `The command '${name}' is permitted only after machine initialization has completed`,
    help: "The machine waits at `--preconfig`; `x-exit-preconfig` completes it.",
  },
  COMMAND_DUPLICATE: {
    text: (name: string) => `command '${name}' is registered twice`,
    help: "Two plugins register the same monitor command.",
  },
  EVENT_DUPLICATE: {
    text: (name: string) => `event '${name}' is declared twice`,
    help: "Two plugins declare the same monitor event.",
  },
});
