import type { Origin } from "../errors.ts";
import type { ActionValues } from "../machine/actions.ts";
import type { DeviceDefinition, ObjectDefinition } from "../machine/component.ts";
import type { BoardDevice } from "../machine/machine-type.ts";
import type { GlobalProperty } from "../machine/globals.ts";
import type { OptionValues, ValueForm } from "../machine/property.ts";

/** A machine, described: what a config file and a QEMU command line both become. Plain data. */
export interface MachineDefinition {
  readonly name?: string;
  /** The guest's UUID, in lower case with hyphens. */
  readonly uuid?: string;
  /** Type (`q35`, `none`, or a versioned name) and the type's properties. */
  readonly machine: {
    readonly type: string;
    readonly properties: OptionValues;
    readonly form?: ValueForm;
    readonly origin?: Origin;
  };
  /** Bytes. `maxSize` equals `size` where nothing can be plugged. */
  readonly memory: {
    readonly size: number;
    readonly slots: number;
    readonly maxSize: number;
    readonly origin?: Origin;
  };
  readonly cpu: {
    /** CPU model with its features, as `-cpu` takes it. */
    readonly model?: string;
    readonly topology: CpuTopologyRequest;
    readonly origin?: Origin;
  };
  /** Third-party plugins, resolved relative to the file that names them. */
  readonly plugins: readonly { readonly specifier: string; readonly from: string; readonly origin?: Origin }[];
  readonly objects: readonly ObjectDefinition[];
  readonly devices: readonly DeviceDefinition[];
  /** Devices of the board beyond those that every machine of the type has: QEMU's default devices. */
  readonly boardDevices?: readonly BoardDevice[];
  /** One key per plugin. */
  readonly options: { readonly [plugin: string]: { readonly value: unknown; readonly origin?: Origin } };
  /** Values for all devices of a driver; a device's own value counts more. */
  readonly globals?: readonly GlobalProperty[];
  /** What becomes of the machine when the guest reboots, switches itself off, panics, or lets a watchdog run out. */
  readonly actions?: Readonly<Partial<ActionValues>>;
  /** Pause when the objects exist and before the board is built, until a monitor says to go on. */
  readonly preconfig?: boolean;
  /** Stay in `prelaunch` until `cont`. */
  readonly paused: boolean;
}

/** `-smp` as it was asked for; the cpu plugin completes and checks it. */
export interface CpuTopologyRequest {
  readonly cpus?: number;
  readonly maxcpus?: number;
  readonly sockets?: number;
  readonly dies?: number;
  readonly modules?: number;
  readonly cores?: number;
  readonly threads?: number;
  readonly clusters?: number;
  readonly drawers?: number;
  readonly books?: number;
}
