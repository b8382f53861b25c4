import { defineErrors } from "backplane";

export const qmpErrors = defineErrors({
  QMP_NOT_OBJECT: {
    text: () => "QMP input must be a JSON object",
    help: "A monitor client sent a JSON value that is no object.",
  },
  QMP_MEMBER_TYPE: {
    text: (name: string, expected: string) => `QMP input member '${name}' must be ${expected}`,
    help: "A member of a monitor client's message has the wrong JSON type.",
  },
  QMP_MEMBER_CLASH: {
    text: (name: string, other: string) => `QMP input member '${name}' clashes with '${other}'`,
    help: "A monitor client's message has both `execute` and `exec-oob`.",
  },
  QMP_MEMBER_UNEXPECTED: {
    text: (name: string) => `QMP input member '${name}' is unexpected`,
    help: "A monitor client's message has a member that messages do not have; `exec-oob` needs the capability `oob`.",
  },
  QMP_NO_COMMAND: {
    text: () => "QMP input lacks member 'execute'",
    help: "A monitor client's message names no command.",
  },
  QMP_INPUT: {
    text: (message: string) => message,
    help: "A monitor client sent something that is no JSON, or more of it than a message may have.",
  },
  QMP_NOT_NEGOTIATED: {
    text: () => "Expecting capabilities negotiation with 'qmp_capabilities'",
    help: "The first command on a monitor must be `qmp_capabilities`.",
    errorClass: "CommandNotFound",
  },
  QMP_NEGOTIATED: {
    text: () => "Capabilities negotiation is already complete, command ignored",
    help: "`qmp_capabilities` was sent a second time on one connection.",
    errorClass: "CommandNotFound",
  },
});
