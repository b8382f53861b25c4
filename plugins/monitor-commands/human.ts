import {
  disposable,
  formatRAMBlockTable,
  PEER_VERSION,
  q,
  type Disposable,
  type MachineControl,
  type RunStates,
} from "backplane";
import type { MemoryDevice } from "backplane/plugins/pc-dimm/contract";
import type { AddCommand } from "./add-command.ts";
import type { HumanCommand, HumanCommands } from "./contract.ts";
import { monitorCommandErrors } from "./errors.ts";
import { NO_UUID } from "./identity.ts";
import { memoryBackends, type BackendFacts, type MemoryServices } from "./memory.ts";

/** The human monitor's commands, and their reading of a line. */
export class HumanCommandTable implements HumanCommands {
  readonly #commands = new Map<string, HumanCommand>();

  add(command: HumanCommand): Disposable {
    this.#commands.set(command.name, command);
    return disposable(() => {
      this.#commands.delete(command.name);
    });
  }

  /** What the line prints. Unknown commands and wrong arguments are told in the text, as the peer does. */
  async execute(line: string): Promise<string> {
    const words = line.split(/\s+/).filter((word) => word !== "");
    if (words.length === 0) return "";
    const count = words[0] === "info" && words.length > 1 ? 2 : 1;
    const name = words.slice(0, count).join(" ");
    const command = this.#commands.get(name) ?? this.#byShortForm(name);
    if (command === undefined) return `unknown command: '${name}'\n`;
    if (words.length === count) return command.run();
    const title = command.title ?? command.name.replace(/^info /, "");
    return `${title}: extraneous characters at the end of line\nTry "help ${name}" for more information\n`;
  }

  #byShortForm(name: string): HumanCommand | undefined {
    return [...this.#commands.values()].find(({ title }) => title?.split("|").includes(name) === true);
  }
}

export interface HumanServices extends MemoryServices {
  readonly control: MachineControl;
  readonly states: RunStates;
}

/** `human-monitor-command`, with the commands that need nothing but what this plugin has. */
export function human(add: AddCommand, table: HumanCommandTable, cpus: number): void {
  add({
    name: "human-monitor-command",
    summary: "Runs a command of the human monitor and returns what it prints",
    arguments: q.struct("human-monitor-command", { "command-line": q.str, "cpu-index?": q.int }),
    async run({ "command-line": line, "cpu-index": cpu }) {
      if (cpu !== undefined && (cpu < 0 || cpu >= cpus)) throw monitorCommandErrors.CPU_INDEX();
      return (await table.execute(line)).replaceAll("\n", "\r\n");
    },
  });
}

export function builtInHumanCommands(services: HumanServices): HumanCommand[] {
  const { definition, ramList, devices, control, states } = services;
  const nothing = (act: () => void) => () => {
    act();
    return "";
  };
  return [
    { name: "stop", title: "stop|s", run: nothing(() => control.stop()) },
    { name: "cont", title: "cont|c", run: nothing(() => control.cont()) },
    { name: "quit", title: "quit|q", run: nothing(() => control.quit("host-qmp-quit")) },
    { name: "system_reset", run: nothing(() => control.reset("host-qmp-system-reset")) },
    { name: "info status", run: () => `VM status: ${statusText(states)}\n` },
    { name: "info version", run: () => `${versionText()}\n` },
    { name: "info name", run: () => (definition.name === undefined ? "" : `${definition.name}\n`) },
    { name: "info uuid", run: () => `${definition.uuid ?? NO_UUID}\n` },
    { name: "info kvm", run: () => "kvm support: not compiled\n" },
    { name: "info ramblock", run: () => formatRAMBlockTable(ramList.blocks()) },
    { name: "info memdev", run: () => `${memoryBackends(services).map(memdevText).join("")}\n` },
    { name: "info memory-devices", run: () => (devices?.all() ?? []).map(memoryDeviceText).join("") },
    { name: "info memory_size_summary", run: () => sizeText(services) },
  ];
}

function statusText({ current, isRunning }: RunStates): string {
  if (isRunning) return "running";
  return current === "paused" ? "paused" : `paused (${current})`;
}

function versionText(): string {
  const { major, minor, micro } = PEER_VERSION.qemu;
  return `${major}.${minor}.${micro}${PEER_VERSION.package}`;
}

function memdevText(backend: BackendFacts): string {
  const { id, size, merge, dump, prealloc, share, policy, hostNodes } = backend;
  return [
    `memory backend: ${id}`,
    `  size:  ${size}`,
    `  merge: ${merge}`,
    `  dump: ${dump}`,
    `  prealloc: ${prealloc}`,
    `  share: ${share}`,
    "  reserve: true",
    `  policy: ${policy}`,
    `  host nodes: ${hostNodes.join(" ")}\n`,
  ].join("\n");
}

function memoryDeviceText(device: MemoryDevice): string {
  return [
    `Memory device [${device.kind}]: "${device.id ?? ""}"`,
    `  addr: 0x${device.address.toString(16)}`,
    `  slot: ${device.slot}`,
    `  node: ${device.node}`,
    `  size: ${device.size}`,
    `  memdev: /objects/${device.backend.id}`,
    `  hotplugged: ${device.hotplugged}`,
    "  hotpluggable: true\n",
  ].join("\n");
}

function sizeText({ definition, devices }: MemoryServices): string {
  const plugged = (devices?.all() ?? []).reduce((sum, device) => sum + device.size, 0);
  return `base memory: ${definition.memory.size}\nplugged memory: ${plugged}\n`;
}
