/** How a modelled device reaches what is outside of it. */
export interface DeviceBus {
  /** Through the IOMMU, while the device may be a bus master. False: the transfer was refused. */
  read(iova: number, into: Uint8Array): boolean;
  write(iova: number, from: Uint8Array): boolean;
  /** A message signalled interrupt. */
  signal(vector: number): void;
}

/** A PCI function as the model of VFIO needs it. */
export interface ModelFunction {
  readonly address: string;
  /** Undefined: one of its own. */
  readonly group: number | undefined;
  readonly viable: boolean;
  readonly vendorId: number;
  readonly deviceId: number;
  /** Base class, sub-class and interface. */
  readonly classId: number;
  /** Bytes of BAR 0, a power of two. */
  readonly barSize: number;
  readonly vectors: number;
  /** Registers of BAR 0; sizes are 4, narrower accesses are made of these. */
  readRegister(offset: number): number;
  writeRegister(offset: number, value: number): void;
  /** Somebody has opened it. It may reach the bus until the bus is taken away. */
  connect(bus: DeviceBus | undefined): void;
  /** Function level reset. */
  reset(): void;
  /** Gives back what belongs to the host's user: files. */
  close(): void;
}
