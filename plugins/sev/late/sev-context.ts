// A guest in the firmware (AMD SEV API, chapter 6): states, and what each command demands. A command that fails returns a
// status other than success and has changed nothing.
import { createHash, type Hash } from "node:crypto";
import type { LaunchStart } from "../contract.ts";
import { FIRMWARE } from "../firmware-error.ts";
import { diffieHellmanKey, USAGE } from "./certificate.ts";
import { launchMeasurement, NONCE_BYTES } from "./measurement.ts";
import { toField } from "./p384.ts";
import { openSecret } from "./secret-packet.ts";
import type { SecureProcessor } from "./secure-processor.ts";
import { KEY_BYTES, openSession, type TransportKeys } from "./session.ts";

/** GSTATE; the numbers are those of GUEST_STATUS. */
export const GUEST_STATE = { uninitialized: 0, launchUpdate: 1, launchSecret: 2, running: 3 } as const;
type GuestState = (typeof GUEST_STATE)[keyof typeof GUEST_STATE];

const POLICY_ES = 0x4;
const GRANULE = 16;
const REPORT_BYTES = 0xd0;
const SIGNED_BYTES = 0x34;
const ECDSA_SHA256 = 2;
/** Handles are small numbers; 0 is none. */
const FIRST_HANDLE = 1;

export class SevContext {
  state: GuestState = GUEST_STATE.uninitialized;
  policy = 0;
  handle = 0;
  readonly #processor: SecureProcessor;
  readonly #isEs: boolean;
  readonly #digest: Hash = createHash("sha256");
  #keys: TransportKeys = { encryption: Buffer.alloc(KEY_BYTES), integrity: Buffer.alloc(KEY_BYTES) };
  #measurement: Buffer | undefined;

  constructor(processor: SecureProcessor, isEs: boolean) {
    this.#processor = processor;
    this.#isEs = isEs;
  }

  start({ handle, policy, certificate, session }: LaunchStart): number {
    if (this.state !== GUEST_STATE.uninitialized) return FIRMWARE.invalidGuestState;
    // A handle would name a guest to share its key with: there is none other on this platform.
    if (handle !== 0) return FIRMWARE.invalidGuest;
    if (!this.#allows(policy)) return FIRMWARE.policyFailure;
    const keys = this.#transportKeys(policy, certificate, session);
    if (typeof keys === "number") return keys;
    this.#keys = keys;
    this.policy = policy;
    this.handle = FIRST_HANDLE;
    this.state = GUEST_STATE.launchUpdate;
    return FIRMWARE.success;
  }

  /** Whether data at such an address, of such a length, can be loaded. */
  checkUpdate(address: number, length: number): number {
    if (this.state !== GUEST_STATE.launchUpdate) return FIRMWARE.invalidGuestState;
    if (address % GRANULE !== 0) return FIRMWARE.invalidAddress;
    return length % GRANULE === 0 ? FIRMWARE.success : FIRMWARE.invalidLength;
  }

  /** Data that is loaded, in order; any part of it at a time. */
  update(plaintext: Uint8Array): void {
    this.#digest.update(plaintext);
  }

  /** The measurement, with its nonce behind it. */
  measure(): Buffer | number {
    if (this.state !== GUEST_STATE.launchUpdate) return FIRMWARE.invalidGuestState;
    const nonce = this.#processor.keys.bytes("measurement nonce", NONCE_BYTES);
    const { apiMajor, apiMinor, buildId } = this.#processor;
    const measured = { apiMajor, apiMinor, buildId, policy: this.policy, digest: this.digest, nonce };
    this.#measurement = launchMeasurement(this.#keys.integrity, measured);
    this.state = GUEST_STATE.launchSecret;
    return Buffer.concat([this.#measurement, nonce]);
  }

  /** SHA-256 of what has been loaded so far. */
  get digest(): Buffer {
    return this.#digest.copy().digest();
  }

  secret(header: Uint8Array, data: Uint8Array): Buffer | number {
    if (this.state !== GUEST_STATE.launchSecret || this.#measurement === undefined) return FIRMWARE.invalidGuestState;
    return openSecret({ header, data, keys: this.#keys, measurement: this.#measurement });
  }

  finish(): number {
    if (this.state !== GUEST_STATE.launchSecret) return FIRMWARE.invalidGuestState;
    this.state = GUEST_STATE.running;
    return FIRMWARE.success;
  }

  /** AMD SEV API §6.8 (ATTESTATION): nonce, digest and policy, signed by the platform. */
  report(nonce: Uint8Array): Buffer | number {
    if (this.state === GUEST_STATE.uninitialized) return FIRMWARE.invalidGuestState;
    const report = Buffer.alloc(REPORT_BYTES);
    report.set(nonce, 0);
    report.set(this.digest, 0x10);
    report.writeUInt32LE(this.policy, 0x30);
    report.writeUInt32LE(USAGE.endorsement, 0x34);
    report.writeUInt32LE(ECDSA_SHA256, 0x38);
    const { r, s } = this.#processor.endorsementKey.sign(report.subarray(0, SIGNED_BYTES));
    report.set(toField(r), 0x40);
    report.set(toField(s), 0x88);
    return report;
  }

  /** The lowest version of the firmware that the guest's owner allows, and encrypted registers for those who ask for them. */
  #allows(policy: number): boolean {
    const major = (policy >>> 16) & 0xff;
    const minor = policy >>> 24;
    const { apiMajor, apiMinor } = this.#processor;
    if (apiMajor < major || (apiMajor === major && apiMinor < minor)) return false;
    return ((policy & POLICY_ES) !== 0) === this.#isEs;
  }

  #transportKeys(
    policy: number,
    certificate: Uint8Array | undefined,
    session: Uint8Array | undefined,
  ): TransportKeys | number {
    const { keys } = this.#processor;
    if (certificate === undefined) {
      // Wrapped keys that nobody can unwrap.
      if (session !== undefined) return FIRMWARE.invalidCertificate;
      return {
        encryption: keys.bytes("transport encryption key", KEY_BYTES),
        integrity: keys.bytes("transport integrity key", KEY_BYTES),
      };
    }
    const owner = diffieHellmanKey(certificate);
    if (owner === undefined) return FIRMWARE.invalidCertificate;
    if (session === undefined) return FIRMWARE.invalidParameter;
    let shared: Buffer;
    try {
      shared = this.#processor.diffieHellmanKey.agree(owner);
    } catch {
      return FIRMWARE.invalidCertificate;
    }
    return openSession(session, shared, policy) ?? FIRMWARE.badMeasurement;
  }
}
