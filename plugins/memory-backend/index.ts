import { definePlugin, USER_OBJECTS } from "backplane";
import { ObjectMemoryBackends } from "./backends.ts";
import { MEMORY_BACKENDS } from "./contract.ts";
import { FileBackend } from "./file-backend.ts";
import { MemfdBackend } from "./memfd-backend.ts";
import { FILE_PROPERTIES, MEMFD_PROPERTIES, RAM_PROPERTIES, SHM_PROPERTIES } from "./properties.ts";
import { RamBackend } from "./ram-backend.ts";
import { ShmBackend } from "./shm-backend.ts";

export default definePlugin({
  id: "memory-backend",
  apiVersion: 1,
  summary: "memory that the host's user provides: memory-backend-ram, -file, -memfd and -shm",
  provides: [MEMORY_BACKENDS],
  attach(machine) {
    machine.provide(MEMORY_BACKENDS, ObjectMemoryBackends);
    const objects = machine.use(USER_OBJECTS);
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
