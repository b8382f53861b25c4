import { definePlugin, HOST_RESOURCES, MEMORY_REGIONS, QOM, USER_OBJECTS } from "backplane";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { ObjectMemoryBackends } from "./backends.ts";
import { BACKEND_HOST, MEMORY_BACKENDS } from "./contract.ts";
import { memoryBackendErrors } from "./errors.ts";
import { FileBackend } from "./file-backend.ts";
import { ProcessHost } from "./host.ts";
import { MEMORY_BACKEND_TYPE } from "./qom-type.ts";
import { MemfdBackend } from "./memfd-backend.ts";
import { memoryBackendOptions, type MemoryBackendOptions } from "./options.ts";
import {
  FILE_PROPERTIES,
  MEMFD_PROPERTIES,
  RAM_PROPERTIES,
  SHM_PROPERTIES,
  THREAD_CONTEXT_PROPERTIES,
} from "./properties.ts";
import { RamBackend } from "./ram-backend.ts";
import { ShmBackend } from "./shm-backend.ts";
import { BACKEND_SURROUNDINGS } from "./surroundings.ts";
import { ThreadContext } from "./thread-context.ts";

export default definePlugin<MemoryBackendOptions>({
  id: "memory-backend",
  apiVersion: 1,
  summary: "memory that the host's user provides: memory-backend-ram, -file, -memfd and -shm",
  uses: [CPUS, MIGRATION],
  provides: [MEMORY_BACKENDS, BACKEND_HOST, BACKEND_SURROUNDINGS],
  options: memoryBackendOptions,
  attach(machine, { faults }) {
    const backends = machine.create(ObjectMemoryBackends);
    machine.provideValue(MEMORY_BACKENDS, backends);
    const migration = machine.optional(MIGRATION);
    if (migration !== undefined) {
      // What came with the stream is in the files before the guest relies on it.
      machine.own(
        migration.onIncoming(({ status }) => {
          if (status === "completed") for (const backend of backends.all()) backend.writeBack();
        }),
      );
    }
    const host = new ProcessHost(faults);
    machine.own(machine.use(HOST_RESOURCES).add({ name: "memory-backend mappings", outstanding: () => host.mappings }));
    machine.provideValue(BACKEND_HOST, host);
    const objects = machine.use(USER_OBJECTS);
    machine.provideValue(BACKEND_SURROUNDINGS, {
      host,
      log: machine.log,
      regions: machine.use(MEMORY_REGIONS),
      threadContext(id) {
        const object = objects.byId(id);
        if (object instanceof ThreadContext) return object;
        throw object === undefined
          ? memoryBackendErrors.MEMORY_BACKEND_CONTEXT(id)
          : memoryBackendErrors.MEMORY_BACKEND_CONTEXT_TYPE("prealloc-context");
      },
      processors: machine.optional(CPUS)?.topology.cpus ?? 1,
    });
    machine.own(objects.register({ name: "thread-context", properties: THREAD_CONTEXT_PROPERTIES }, ThreadContext));
    machine.own(machine.use(QOM).types.add([MEMORY_BACKEND_TYPE]));
    machine.own(
      objects.register(
        { name: "memory-backend-ram", parent: "memory-backend", properties: RAM_PROPERTIES },
        RamBackend,
      ),
    );
    machine.own(
      objects.register(
        { name: "memory-backend-file", parent: "memory-backend", properties: FILE_PROPERTIES },
        FileBackend,
      ),
    );
    machine.own(
      objects.register(
        { name: "memory-backend-memfd", parent: "memory-backend", properties: MEMFD_PROPERTIES },
        MemfdBackend,
      ),
    );
    machine.own(
      objects.register(
        { name: "memory-backend-shm", parent: "memory-backend", properties: SHM_PROPERTIES },
        ShmBackend,
      ),
    );
  },
});
