/** What the scripted firmware lets others see of its work. */
import { token, type Disposable, type VirtualTime } from "backplane";

export type FirmwareStage =
  | "reset"
  | "probe"
  | "pci"
  | "memory-map"
  | "smbios"
  | "acpi"
  | "option-roms"
  | "boot"
  | "halted";

export type FirmwareEvent =
  | { readonly kind: "stage"; readonly at: VirtualTime; readonly stage: FirmwareStage }
  /** An fw_cfg item was selected; `name` is the file's or the fixed item's. */
  | { readonly kind: "select"; readonly at: VirtualTime; readonly key: number; readonly name: string }
  /** A command of the table loader's script was refused. */
  | { readonly kind: "rejected"; readonly at: VirtualTime; readonly command: string; readonly reason: string }
  | {
      readonly kind: "acpi";
      readonly at: VirtualTime;
      readonly installed: boolean;
      readonly rsdp: number | undefined;
      /** Why nothing was installed. */ readonly reason?: string;
    }
  | { readonly kind: "halted"; readonly at: VirtualTime; readonly reason: string };

export interface FirmwareTrace {
  readonly stage: FirmwareStage;
  /** Since the last reset, oldest first. */
  readonly events: readonly FirmwareEvent[];
  /**
   * Guest address of the RSDP that an operating system would find; undefined when there is none (yet). Its tables may be
   * missing all the same: the event `acpi` says whether they are installed.
   */
  readonly rsdp: number | undefined;
  observe(observer: (event: FirmwareEvent) => void): Disposable;
}

export const FIRMWARE_TRACE = token<FirmwareTrace>("FIRMWARE_TRACE");
