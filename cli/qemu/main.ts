import type { Writable } from "node:stream";
import { ACTIONS, BackplaneError, definePlugin, Machine, Ownership, RUN_STATES, type MachineType } from "backplane";
import { HOST_STDIO, type HostStdio } from "backplane/plugins/chardev/contract";
import { QTEST_LOG } from "backplane/plugins/qtest/contract";
import { machineTypes } from "../../machines/index.ts";
import { readArguments } from "./arguments.ts";
import { asyncStdout } from "./async-stdout.ts";
import { defaultDevices, withDefaults } from "./default-devices.ts";
import { toDefinition } from "./definition.ts";
import { Draft } from "./draft.ts";
import { HelpWanted } from "./help.ts";
import { logSink, openGuestLog } from "./log-file.ts";
import { Messages } from "./messages.ts";
import { Exit } from "./occurrence.ts";
import { valueOf } from "./option-list.ts";
import { writePidFile } from "./pid-file.ts";
import { pluginOptions } from "./plugin-options.ts";
import { Signals } from "./signals.ts";

/** What the executable reads and writes. The standard input is touched only when a character device wants it. */
export interface SystemIo {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: Pick<Writable, "write">;
  /** The name that messages begin with. */
  readonly program?: string;
  /** Aborts as a signal would, with the signal's number as the reason. */
  readonly stop?: AbortSignal;
}

const PROGRAM = "backplane-system-x86_64";

/**
 * `backplane-system-x86_64`: QEMU's command line. Builds the machine that it describes, runs it until somebody ends it,
 * and returns the exit status. Everything is released by then.
 */
export async function systemMain(
  argv: readonly string[],
  io: SystemIo,
  types: readonly MachineType[] = machineTypes,
): Promise<number> {
  const messages = new Messages(io.program ?? PROGRAM, (text) => void io.stderr.write(text));
  const print = (text: string): void => void io.stdout.write(text);
  const draft = new Draft(messages, print, pluginOptions(types));
  const ownership = new Ownership();
  try {
    if (argv.some((word) => /^--?readconfig$/.test(word))) {
      draft.readConfigFile = (await import("./config-file.ts")).readConfigFile;
    }
    readArguments(draft, argv);
    if (draft.daemonize) {
      const { isDaemon, startDaemon } = await import("./daemon.ts");
      if (!isDaemon()) return await startDaemon(io.stderr);
    }
    return await run(draft, io, types, ownership);
  } catch (failure) {
    if (failure instanceof Exit) return failure.status;
    if (failure instanceof HelpWanted) {
      const { printHelp } = await import("./print-help.ts");
      return await printHelp(failure, draft, types);
    }
    if (!(failure instanceof BackplaneError)) throw failure;
    messages.failure(failure, isLocated(failure));
    return 1;
  } finally {
    await ownership.dispose();
  }
}

async function run(draft: Draft, io: SystemIo, types: readonly MachineType[], ownership: Ownership): Promise<number> {
  const { messages } = draft;
  const names = draft.lists.name.groups[0];
  if (draft.guestNames) messages.guestName = valueOf(names, "guest");
  const processName = valueOf(names, "process");
  if (processName !== undefined) process.title = processName;
  const guestLog = ownership.own(openGuestLog(draft, (text) => void io.stderr.write(text)));
  if (draft.deviceHelp !== undefined) {
    const { printDeviceHelp } = await import("./print-help.ts");
    return printDeviceHelp(draft, types);
  }
  if (draft.pidFile !== undefined) ownership.own(writePidFile(draft.pidFile));
  const { definition, type, accelerator } = toDefinition(draft, types);
  const defaults = defaultDevices(draft, type);
  if (type.deprecated === true) {
    messages.warning(
      `Machine type '${type.name}' is deprecated: machines more than 3 years old are subject to deletion after 6 years`,
    );
  }
  if (defaults.leftOut.length > 0) {
    messages.warning(`default devices that are not modelled are left out: ${defaults.leftOut.join(", ")}`);
  }
  let isComplete = false;
  const signals = ownership.own(new Signals(io.stop));
  const machine = await Machine.create(withDefaults(definition, defaults), {
    types,
    plugins: [standardStreams(io)],
    time: accelerator === "qtest" ? "client" : "host",
    log: logSink(messages, guestLog, () => isComplete),
    signal: signals.aborted,
  }).catch((failure: unknown) => {
    if (signals.received === undefined) throw failure;
    messages.error(`terminating on signal ${signals.received}`);
    throw new Exit(0);
  });
  ownership.own(machine);
  isComplete = true;
  if (draft.daemonize) await (await import("./daemon.ts")).leaveTerminal();
  signals.listen((signal) => {
    messages.error(`terminating on signal ${signal}`);
    machine.quit("host-signal");
  });
  ownership.own(keepAlive());
  // A machine that was loaded is by now in the state that it came with, or goes on as soon as it has come.
  const isFresh = machine.service(RUN_STATES).current === "prelaunch";
  if (!definition.paused && isFresh && machine.leaving === undefined) machine.cont();
  const reason = await machine.finished;
  if (reason === "load-failed") return 1;
  return reason === "guest-panic" && machine.service(ACTIONS).panic === "exit-failure" ? 1 : 0;
}

/** The peer has forgotten which option it was by the time it makes an object; what is wrong with its text it tells at once. */
function isLocated({ origin, code }: BackplaneError): boolean {
  if (origin?.kind !== "command-line" || !origin.text.startsWith("-object ")) return true;
  // An id within JSON is looked at when the object is put under it.
  if (code === "ID_MALFORMED") return !origin.text.startsWith("-object {");
  return /^(?:PROPERTY|ID|KEY|VALUE|JSON|OPTION|OBJECT_TYPE)(?:_|$)/.test(code);
}

/** Hands the process's streams to the machine. */
function standardStreams(io: SystemIo) {
  const stdio: HostStdio = {
    get input() {
      return io.stdin;
    },
    get output() {
      return io.stdout === process.stdout ? asyncStdout() : io.stdout;
    },
  };
  return definePlugin({
    id: "standard-streams",
    apiVersion: 1,
    summary: "The executable's standard input and output",
    provides: [HOST_STDIO, QTEST_LOG],
    attach(machine) {
      machine.provideValue(HOST_STDIO, stdio);
      machine.provideValue(QTEST_LOG, (text) => void io.stderr.write(text));
    },
  });
}

/** A machine that nobody can reach is still a machine: the process stays until a signal ends it. */
function keepAlive() {
  const timer = setInterval(() => undefined, 0x7fff_ffff);
  return { dispose: () => clearInterval(timer) };
}
