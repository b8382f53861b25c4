import type { HostOptions } from "../options.ts";
import { makeCertificate, USAGE, type CertificateRequest } from "./certificate.ts";
import { randomKeys, seededKeys, type KeySource } from "./key-source.ts";
import { P384Key } from "./p384.ts";

const CHIP_ID_BYTES = 64;
const SECRET_BYTES = 56;

type Signer = CertificateRequest["signers"][number];

/** The platform: its version, identity and keys (AMD SEV API, chapters 2 and 5). */
export class SecureProcessor {
  readonly apiMajor: number;
  readonly apiMinor: number;
  readonly buildId: number;
  readonly keys: KeySource;
  /** Made when they are asked for: most guests need none. */
  readonly #pairs = new Map<string, P384Key>();

  constructor({ apiMajor, apiMinor, buildId, seed }: HostOptions) {
    this.apiMajor = apiMajor;
    this.apiMinor = apiMinor;
    this.buildId = buildId;
    this.keys = seed === undefined ? randomKeys() : seededKeys(seed);
  }

  get diffieHellmanKey(): P384Key {
    return this.#pair("platform Diffie-Hellman key");
  }

  get endorsementKey(): P384Key {
    return this.#pair("platform endorsement key");
  }

  get chipId(): Buffer {
    return this.keys.bytes("chip id", CHIP_ID_BYTES);
  }

  /** PDH, and the chain PEK, OCA, CEK. AMD's signature of the CEK is left out: nobody else can make it. */
  certificates(): { readonly pdh: Buffer; readonly chain: Buffer } {
    const { apiMajor, apiMinor } = this;
    const endorsement: Signer = { usage: USAGE.endorsement, key: this.endorsementKey };
    const ownerCa: Signer = { usage: USAGE.ownerCa, key: this.#pair("owner's certificate authority key") };
    const chip: Signer = { usage: USAGE.chip, key: this.#pair("chip endorsement key") };
    const made = (usage: number, key: P384Key, signers: readonly Signer[]): Buffer =>
      makeCertificate({ apiMajor, apiMinor, usage, key, signers });
    return {
      pdh: made(USAGE.diffieHellman, this.diffieHellmanKey, [endorsement]),
      chain: Buffer.concat([
        made(USAGE.endorsement, endorsement.key, [ownerCa, chip]),
        made(USAGE.ownerCa, ownerCa.key, [ownerCa]),
        made(USAGE.chip, chip.key, []),
      ]),
    };
  }

  #pair(name: string): P384Key {
    const pair = this.#pairs.get(name) ?? new P384Key(this.keys.bytes(name, SECRET_BYTES));
    this.#pairs.set(name, pair);
    return pair;
  }
}
