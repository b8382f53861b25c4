import {
  HOST_RESOURCES,
  MEMORY_REGIONS,
  RAM_LIST,
  type ByteLength,
  type HostFault,
  type LogRecord,
  type Machine,
  type RAMBlock,
} from "backplane";
import { withMachine, type TestMachineOptions } from "backplane/kit";
import { BLOCK, type BlockBackend } from "backplane/plugins/block/contract";
import { BLOCK_RAM_REGISTRARS, type BlockRAMRegistrar } from "backplane/plugins/block-ram-registrar/contract";
import block from "../../../plugins/block/index.ts";
import registrar from "../../../plugins/block-ram-registrar/index.ts";

export interface RegistrarOptions {
  readonly limit?: { readonly buffers?: number; readonly bytes?: number };
  readonly faults?: readonly HostFault[];
}

/** A machine with a block layer, the registrars, a node `n`, and nothing else. */
export function registrarMachine(options: RegistrarOptions = {}): TestMachineOptions {
  return {
    with: [block, registrar],
    options: {
      block: { value: { nodes: [{ driver: "null-co", "node-name": "n", size: 4096 }] } },
      "block-ram-registrar": { value: options },
    },
  };
}

export interface RegistrarBench {
  readonly machine: Machine;
  readonly log: readonly LogRecord[];
  /** What the plugins say. */
  readonly machineLog: readonly LogRecord[];
  readonly backend: BlockBackend;
  /** Opens a registrar for the backend. It goes with the test. */
  readonly open: () => BlockRAMRegistrar;
  /** RAM that goes with the machine, unless the test frees it. */
  readonly ram: (name: string, size: ByteLength, maxSize?: ByteLength) => RAMBlock;
  /** What the model has lent out, by name. */
  readonly outstanding: () => Readonly<Record<string, number>>;
}

export async function withRegistrar<T>(
  options: RegistrarOptions,
  test: (bench: RegistrarBench) => T | Promise<T>,
): Promise<T> {
  return withMachine(registrarMachine(options), async (machine, log) => {
    const bench = benchOf(machine, log);
    try {
      return await test(bench);
    } finally {
      bench.close();
    }
  });
}

export function benchOf(machine: Machine, log: readonly LogRecord[]): RegistrarBench & { readonly close: () => void } {
  const backend = machine.service(BLOCK).attach("n", {
    device: { id: "disk", path: "/disk", type: { name: "disk", properties: {} } },
    writable: true,
  });
  const opened: BlockRAMRegistrar[] = [];
  const logger = { warn: () => undefined, info: () => undefined, debug: () => undefined, named: () => logger, error };
  const said: LogRecord[] = [...log];
  function error(message: string): void {
    said.push({ level: "error", source: "disk", message });
  }
  return {
    machine,
    log: said,
    machineLog: log,
    backend,
    open() {
      const registrar = machine.service(BLOCK_RAM_REGISTRARS).open(backend, { path: "/disk", log: logger });
      opened.push(registrar);
      return registrar;
    },
    ram(name, size, maxSize) {
      const region = machine.service(MEMORY_REGIONS).ram(name, size, maxSize === undefined ? {} : { maxSize });
      const found = machine.service(RAM_LIST).byIdstr(name);
      if (found === undefined || found.region !== region) throw new Error(`no block ${name}`);
      return found;
    },
    outstanding: () =>
      Object.fromEntries(
        machine
          .service(HOST_RESOURCES)
          .all()
          .map((resource) => [resource.name.replace("block-ram-registrar ", ""), resource.outstanding()]),
      ),
    close() {
      for (const registrar of opened) void registrar.dispose();
      void backend.dispose();
    },
  };
}
