import { isPowerOfTwo, q, TARGET_PAGE_SIZE, type JsonObject, type ValueOf } from "backplane";
import type { ZeroPageDetection } from "./contract.ts";
import { migrationErrors } from "./errors.ts";
import { exactUnsigned } from "./unsigned.ts";

const text = q.alternate("StrOrNull", "string", [q.str, q.null]);

/** MigrateSetParameters of the peer's schema. */
export const PARAMETERS_SCHEMA = q.struct(
  "MigrateSetParameters",
  {
    "announce-initial?": q.size,
    "announce-max?": q.size,
    "announce-rounds?": q.size,
    "announce-step?": q.size,
    "throttle-trigger-threshold?": q.uint(8),
    "cpu-throttle-initial?": q.uint(8),
    "cpu-throttle-increment?": q.uint(8),
    "cpu-throttle-tailslow?": q.bool,
    "tls-creds?": text,
    "tls-hostname?": text,
    "tls-authz?": text,
    "max-bandwidth?": q.size,
    "avail-switchover-bandwidth?": q.size,
    "downtime-limit?": q.uint(64),
    "x-checkpoint-delay?": q.uint(32),
    "multifd-channels?": q.uint(8),
    "xbzrle-cache-size?": q.size,
    "max-postcopy-bandwidth?": q.size,
    "max-cpu-throttle?": q.uint(8),
    "multifd-compression?": q.enum("MultiFDCompression", ["none", "zlib", "zstd"]),
    "multifd-zlib-level?": q.uint(8),
    "multifd-qatzip-level?": q.uint(8),
    "multifd-zstd-level?": q.uint(8),
    "block-bitmap-mapping?": q.array(
      q.struct("BitmapMigrationNodeAlias", {
        "node-name": q.str,
        alias: q.str,
        bitmaps: q.array(
          q.struct("BitmapMigrationBitmapAlias", {
            name: q.str,
            alias: q.str,
            "transform?": q.struct("BitmapMigrationBitmapAliasTransform", { "persistent?": q.bool }),
          }),
        ),
      }),
    ),
    "x-vcpu-dirty-limit-period?": q.uint(64),
    "vcpu-dirty-limit?": q.uint(64),
    "mode?": q.enum("MigMode", ["normal", "cpr-reboot", "cpr-transfer"]),
    "zero-page-detection?": q.enum("ZeroPageDetection", ["none", "legacy", "multifd"]),
    "direct-io?": q.bool,
  },
  { unstable: ["x-checkpoint-delay", "x-vcpu-dirty-limit-period"] },
);
export type ParameterChanges = ValueOf<typeof PARAMETERS_SCHEMA>;

/** All parameters with the peer's defaults. Those of a capability that is off have no effect, as in the peer. */
const DEFAULTS = {
  "announce-initial": 50,
  "announce-max": 550,
  "announce-rounds": 5,
  "announce-step": 100,
  "throttle-trigger-threshold": 50,
  "cpu-throttle-initial": 20,
  "cpu-throttle-increment": 10,
  "cpu-throttle-tailslow": false,
  "tls-creds": "",
  "tls-hostname": "",
  "tls-authz": "",
  "max-bandwidth": 134217728,
  "avail-switchover-bandwidth": 0,
  "downtime-limit": 300,
  "x-checkpoint-delay": 20000,
  "multifd-channels": 2,
  "xbzrle-cache-size": 67108864,
  "max-postcopy-bandwidth": 0,
  "max-cpu-throttle": 99,
  "multifd-compression": "none",
  "multifd-zlib-level": 1,
  "multifd-qatzip-level": 1,
  "multifd-zstd-level": 1,
  "x-vcpu-dirty-limit-period": 1000,
  "vcpu-dirty-limit": 1,
  mode: "normal",
  "zero-page-detection": "multifd",
  "direct-io": false,
};
type Parameters = typeof DEFAULTS;

/** Rules in the peer's order and words; numbers beyond 2^53 only occur where there is no upper end. */
const RULES: readonly (readonly [keyof Parameters, string, string, (value: number, all: Parameters) => boolean])[] = [
  within("throttle-trigger-threshold", "throttle_trigger_threshold", 1, 100, "an integer in the range of 1 to 100"),
  within("cpu-throttle-initial", "cpu_throttle_initial", 1, 99, "an integer in the range of 1 to 99"),
  within("cpu-throttle-increment", "cpu_throttle_increment", 1, 99, "an integer in the range of 1 to 99"),
  within("downtime-limit", "downtime_limit", 0, 2_000_000, "an integer in the range of 0 to (2000 * 1000) ms"),
  within("multifd-channels", "multifd_channels", 1, 255, "a value between 1 and 255"),
  within("multifd-zlib-level", "multifd_zlib_level", 0, 9, "a value between 0 and 9"),
  within("multifd-qatzip-level", "multifd_qatzip_level", 1, 9, "a value between 1 and 9"),
  within("multifd-zstd-level", "multifd_zstd_level", 0, 20, "a value between 0 and 20"),
  [
    "xbzrle-cache-size",
    "xbzrle_cache_size",
    "a power of two no less than the target page size",
    (value) => value >= TARGET_PAGE_SIZE && isPowerOfTwo(value),
  ],
  [
    "max-cpu-throttle",
    "max_cpu_throttle",
    "an integer in the range of cpu_throttle_initial to 99",
    (value, all) => value >= all["cpu-throttle-initial"] && value <= 99,
  ],
  within("announce-initial", "announce_initial", 0, 100_000, "a value between 0 and 100000"),
  within("announce-max", "announce_max", 0, 100_000, "a value between 0 and 100000"),
  within("announce-rounds", "announce_rounds", 0, 1000, "a value between 0 and 1000"),
  // The peer's text is wrong about the lower end.
  within("announce-step", "announce_step", 1, 10_000, "a value between 0 and 10000"),
  within("x-vcpu-dirty-limit-period", "x-vcpu-dirty-limit-period", 1, 1000, "a value between 1 and 1000"),
];

function within(
  key: keyof Parameters,
  name: string,
  low: number,
  high: number,
  expected: string,
): readonly [keyof Parameters, string, string, (value: number) => boolean] {
  return [key, name, expected, (value) => value >= low && value <= high];
}

/** The parameters of a machine's migrations. */
export class MigrationParameters {
  #values: Parameters = DEFAULTS;

  /** Bytes a second; 0 is no limit. */
  get maxBandwidth(): number {
    return this.#values["max-bandwidth"];
  }

  /** Bytes a second that the switchover may count on; 0 where it is to be measured. */
  get switchoverBandwidth(): number {
    return this.#values["avail-switchover-bandwidth"];
  }

  /** Milliseconds. */
  get downtimeLimit(): number {
    return this.#values["downtime-limit"];
  }

  get zeroPageDetection(): ZeroPageDetection {
    const value = this.#values["zero-page-detection"];
    return value === "none" || value === "legacy" ? value : "multifd";
  }

  /** All of the changes or, when one is refused, none. */
  set(changes: ParameterChanges): void {
    const { "block-bitmap-mapping": mapping, ...given } = changes;
    const next: Parameters = { ...this.#values, ...withoutNulls(given) };
    for (const [key, name, expected, holds] of RULES) {
      const value = next[key];
      if (typeof value === "number" && !holds(value, next))
        throw migrationErrors.MIGRATION_PARAMETER_RANGE(name, expected);
    }
    if (next["vcpu-dirty-limit"] < 1) throw migrationErrors.VCPU_DIRTY_LIMIT();
    if (next["tls-creds"] !== "") throw migrationErrors.PARAMETER_UNSUPPORTED("tls-creds", next["tls-creds"]);
    if (next.mode !== "normal") throw migrationErrors.PARAMETER_UNSUPPORTED("mode", next.mode);
    if (mapping !== undefined && mapping.length > 0) {
      throw migrationErrors.PARAMETER_UNSUPPORTED("block-bitmap-mapping", mapping[0]?.["node-name"] ?? "");
    }
    this.#values = next;
  }

  toJson(): JsonObject {
    return Object.fromEntries(
      Object.entries(this.#values).map(([name, value]) => [
        name,
        typeof value === "number" ? exactUnsigned(value) : value,
      ]),
    );
  }
}

/** null takes a text back. */
function withoutNulls(given: object): Partial<Parameters> {
  return Object.fromEntries(Object.entries(given).map(([name, value]: [string, unknown]) => [name, value ?? ""]));
}
