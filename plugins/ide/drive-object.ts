import type { DeviceContext, JsonValue } from "backplane";
import type { DriveIdentity } from "./identify.ts";
import type { Geometry } from "./task-file.ts";

const SECTOR = 512;

export interface DriveFacts {
  readonly identity: Pick<DriveIdentity, "serial" | "version">;
  readonly logical: number;
  readonly physical: number;
  readonly discard: number;
  readonly unit: number;
}

/** What became of the values that nobody gave. */
export function showDrive({ object }: DeviceContext, facts: DriveFacts): void {
  const show = (name: string, type: string, value: JsonValue): void =>
    void object.add({ name, type, get: () => value });
  show("logical_block_size", "size", facts.logical || SECTOR);
  show("physical_block_size", "size", facts.physical || SECTOR);
  show("discard_granularity", "size", facts.discard);
  show("ver", "str", facts.identity.version);
  show("serial", "str", facts.identity.serial);
  show("unit", "uint32", facts.unit);
}

/** Up to this geometry old firmware addresses a disk as it is; beyond it takes the sectors by number. */
const UNTRANSLATED = { cylinders: 1024, heads: 16, sectors: 63 } as const;

export function showGeometry({ object, properties }: DeviceContext, disk: { readonly geometry: Geometry }): void {
  const show = (name: string, get: (geometry: Geometry) => JsonValue): void =>
    void object.add({ name, type: "uint32", get: () => get(disk.geometry) });
  show("cyls", ({ cylinders }) => cylinders);
  show("heads", ({ heads }) => heads);
  show("secs", ({ sectors }) => sectors);
  if (properties["bios-chs-trans"] !== "auto") return;
  const translation = ({ cylinders, heads, sectors }: Geometry): string =>
    cylinders <= UNTRANSLATED.cylinders && heads <= UNTRANSLATED.heads && sectors <= UNTRANSLATED.sectors
      ? "none"
      : "lba";
  object.add({ name: "bios-chs-trans", type: "BiosAtaTranslation", get: () => translation(disk.geometry) });
}
