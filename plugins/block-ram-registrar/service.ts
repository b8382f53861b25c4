import {
  HOST_ADDRESS_SPACE,
  HOST_MAPPING_NOTIFIERS,
  inject,
  injectable,
  RAM_BLOCK_NOTIFIERS,
  type HostAddressSpace,
  type HostMappingNotifiers,
  type RAMBlockNotifiers,
} from "backplane";
import type { BlockBackend } from "backplane/plugins/block/contract";
import type { BlockRAMRegistrar, BlockRAMRegistrars, RegistrarOwner } from "./contract.ts";
import { Registrar } from "./registrar.ts";

@injectable()
export class RegistrarService implements BlockRAMRegistrars {
  readonly #open = new Set<Registrar>();

  constructor(
    @inject(RAM_BLOCK_NOTIFIERS) private readonly blocks: RAMBlockNotifiers,
    @inject(HOST_MAPPING_NOTIFIERS) private readonly mappings: HostMappingNotifiers,
    @inject(HOST_ADDRESS_SPACE) private readonly memory: HostAddressSpace,
  ) {}

  open(backend: BlockBackend, owner: RegistrarOwner): BlockRAMRegistrar {
    const { blocks, mappings, memory } = this;
    const closed = (gone: Registrar): void => void this.#open.delete(gone);
    const registrar = new Registrar(backend, owner, { blocks, mappings, memory, closed });
    this.#open.add(registrar);
    return registrar;
  }

  all(): readonly BlockRAMRegistrar[] {
    return [...this.#open];
  }
}
