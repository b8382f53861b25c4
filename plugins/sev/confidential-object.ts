import {
  injectable,
  inject,
  OBJECT,
  type JsonValue,
  type ObjectContext,
  type PropertyValues,
  type UserObject,
} from "backplane";
import { decodeStrict } from "./base64.ts";
import { sevErrors } from "./errors.ts";
import type { sevGuestType, snpGuestType } from "./object-types.ts";

const WORKAROUND_BYTES = 16;
const ID_BLOCK_BYTES = 96;
const ID_AUTH_BYTES = 4096;
const HOST_DATA_BYTES = 32;

/** What both kinds of guests are configured with. */
export interface ConfidentialObject extends UserObject {
  readonly kind: "sev" | "snp";
  readonly context: ObjectContext;
  readonly cBitPosition: number;
  readonly reducedPhysBits: number;
  readonly device: string;
  readonly kernelHashes: boolean;
}

/** Makes a value that monitors can set: it is read as the definition's is, and `changed` may refuse it afterwards. */
function settable(
  context: ObjectContext,
  name: string,
  values: { [name: string]: unknown },
  changed: (text: string) => void = () => undefined,
): void {
  const property = context.type.properties[name];
  if (property === undefined) return;
  const type = context.object.property(name)?.type ?? property.type;
  const show = (): JsonValue => {
    const value = values[name];
    if (property.format !== undefined) return property.format(value);
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : "";
  };
  context.object.add({
    name,
    type,
    description: property.description,
    get: show,
    set: (value) => {
      values[name] = property.parse(value as never, name, context.type.name, "json");
      if (typeof values[name] === "string") changed(values[name]);
    },
    setText: (text) => {
      values[name] = property.parse(text, name, context.type.name, "string");
      if (typeof values[name] === "string") changed(values[name]);
    },
  });
}

type SevValues = {
  -readonly [K in keyof PropertyValues<typeof sevGuestType.properties>]: PropertyValues<
    typeof sevGuestType.properties
  >[K];
};
type SnpValues = {
  -readonly [K in keyof PropertyValues<typeof snpGuestType.properties>]: PropertyValues<
    typeof snpGuestType.properties
  >[K];
};

/** What both kinds of objects have: values that a launch reads, and that monitors can set until then. */
abstract class ConfigurableObject<Values extends SevValues | SnpValues> {
  readonly context: ObjectContext;
  protected readonly values: Values;

  constructor(context: ObjectContext, values: Values) {
    this.context = context;
    this.values = values;
  }

  /** It can be deleted at any time: a launch keeps what it has read. */
  inUse(): undefined {
    return undefined;
  }

  get cBitPosition(): number {
    return this.values.cbitpos;
  }

  get reducedPhysBits(): number {
    return this.values["reduced-phys-bits"];
  }

  get device(): string {
    return this.values["sev-device"];
  }

  get kernelHashes(): boolean {
    return this.values["kernel-hashes"];
  }
}

/** `-object sev-guest`: memory is encrypted, and with bit 2 of the policy registers are. */
@injectable()
export class SevGuestObject extends ConfigurableObject<SevValues> implements ConfidentialObject {
  readonly kind = "sev";

  constructor(@inject(OBJECT) context: ObjectContext<typeof sevGuestType.properties>) {
    super(context, { ...context.properties });
    for (const name of Object.keys(context.type.properties)) settable(context, name, this.values);
  }

  get policy(): number {
    return this.values.policy;
  }

  get handle(): number {
    return this.values.handle;
  }

  /** Given by the firmware when the launch has started. */
  set handle(handle: number) {
    this.values.handle = handle;
  }

  get legacyVmType(): "on" | "off" | "auto" {
    return this.values["legacy-vm-type"];
  }

  get certificateFile(): string | undefined {
    return this.values["dh-cert-file"];
  }

  get sessionFile(): string | undefined {
    return this.values["session-file"];
  }
}

/** `-object sev-snp-guest`: memory is encrypted and its mapping is protected. */
@injectable()
export class SnpGuestObject extends ConfigurableObject<SnpValues> implements ConfidentialObject {
  readonly kind = "snp";
  #workarounds = new Uint8Array(WORKAROUND_BYTES);
  #idBlock: Uint8Array | undefined;
  #idAuth: Uint8Array | undefined;
  #hostData = new Uint8Array(HOST_DATA_BYTES);

  /** Throws what is wrong with bytes in base64. */
  constructor(@inject(OBJECT) context: ObjectContext<typeof snpGuestType.properties>) {
    super(context, { ...context.properties });
    const decoders: { readonly [name: string]: (text: string) => void } = {
      "guest-visible-workarounds": (text) => {
        const bytes = decodeStrict(text);
        if (bytes.length !== WORKAROUND_BYTES) throw sevErrors.SEV_PROPERTY_TOO_LONG(bytes.length, WORKAROUND_BYTES);
        this.#workarounds.set(bytes);
      },
      "id-block": (text) => {
        this.#idBlock = undefined;
        this.#idBlock = exactly(decodeStrict(text), ID_BLOCK_BYTES);
      },
      "id-auth": (text) => {
        this.#idAuth = undefined;
        const bytes = decodeStrict(text);
        if (bytes.length > ID_AUTH_BYTES) throw sevErrors.SEV_ID_AUTH_TOO_LONG(bytes.length, ID_AUTH_BYTES);
        this.#idAuth = bytes;
      },
      "host-data": (text) => this.#hostData.set(exactly(decodeStrict(text), HOST_DATA_BYTES)),
    };
    for (const [name, decode] of Object.entries(decoders)) {
      const given: unknown = context.properties[name as keyof typeof context.properties];
      if (typeof given === "string") decode(given);
    }
    for (const name of Object.keys(context.type.properties)) settable(context, name, this.values, decoders[name]);
  }

  get policy(): bigint {
    return this.values.policy;
  }

  get guestVisibleWorkarounds(): Uint8Array {
    return this.#workarounds;
  }

  get idBlock(): Uint8Array | undefined {
    return this.#idBlock;
  }

  get idAuth(): Uint8Array | undefined {
    return this.#idAuth;
  }

  get isAuthorKeyEnabled(): boolean {
    return this.values["author-key-enabled"];
  }

  get isVcekDisabled(): boolean {
    return this.values["vcek-disabled"];
  }

  get hostData(): Uint8Array {
    return this.#hostData;
  }
}

function exactly(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw sevErrors.SEV_PROPERTY_LENGTH(bytes.length, length);
  return bytes;
}

export function isConfidential(object: UserObject | undefined): object is SevGuestObject | SnpGuestObject {
  return object instanceof SevGuestObject || object instanceof SnpGuestObject;
}
