import { messageOf, type HostAddress, type Logger } from "backplane";
import { decodeLenient, encodeBase64 } from "../base64.ts";
import type { SevGuestObject } from "../confidential-object.ts";
import { hasEncryptedState } from "../confidential-support.ts";
import type { KvmHost, LaunchStart, SevState } from "../contract.ts";
import { sevErrors } from "../errors.ts";
import { asking, hostFailure } from "../host-failure.ts";
import type { Launch } from "../launch.ts";
import { readOutsideFile } from "../outside-file.ts";

/** Much more than the kernel takes, which checks the exact limit. */
const MOST_FILE_BYTES = 1024 * 1024;

/** The launch of a guest whose memory, and maybe registers, are encrypted (AMD SEV API, chapter 6). */
export class SevLaunch implements Launch {
  state: SevState = "uninit";
  readonly #object: SevGuestObject;
  readonly #host: KvmHost;
  readonly #log: Logger;
  #measurement: string | undefined;

  constructor(object: SevGuestObject, host: KvmHost, log: Logger) {
    this.#object = object;
    this.#host = host;
    this.#log = log;
  }

  get measurement(): string | undefined {
    return this.#measurement;
  }

  readonly migrationReason = "SEV: Migration is not implemented";

  async start(): Promise<void> {
    const { handle, policy, certificateFile, sessionFile } = this.#object;
    const session = await this.#read(sessionFile);
    const certificate = await this.#read(certificateFile);
    const start: LaunchStart = { handle, policy, certificate, session };
    try {
      this.#object.handle = this.#host.launchStart(start);
    } catch (thrown) {
      const { firmware, text } = hostFailure(thrown);
      this.#log.error(`sev_launch_start: LAUNCH_START ret=1 fw_error=${firmware} '${text}'`);
      throw sevErrors.SEV_CONTEXT();
    }
    this.state = "launch-update";
  }

  update(_guestAddress: number, address: HostAddress, length: number): void {
    asking(
      () => this.#host.launchUpdateData(address, length),
      ({ result, firmware, text }) => {
        this.#log.error(`sev_launch_update_data: LAUNCH_UPDATE ret=${result} fw_error=${firmware} '${text}'`);
        return sevErrors.SEV_ENCRYPT_FLASH();
      },
    );
  }

  /** When the machine is complete. Without a measurement the machine goes on: it cannot start its guest. */
  measure(): void {
    if (this.state !== "launch-update") return;
    if (hasEncryptedState(this.#object)) {
      asking(
        () => this.#host.launchUpdateVmsa(),
        ({ result, firmware, text }) => sevErrors.SEV_UPDATE_VMSA(result, firmware, text),
      );
    }
    try {
      this.#measurement = encodeBase64(this.#host.launchMeasure());
      this.state = "launch-secret";
    } catch (thrown) {
      const { result, firmware, text } = hostFailure(thrown);
      this.#log.error(`sev_launch_get_measure: LAUNCH_MEASURE ret=${result} fw_error=${firmware} '${text}'`);
    }
  }

  finish(): void {
    asking(
      () => this.#host.launchFinish(),
      ({ result, firmware, text }) => sevErrors.SEV_FINISH(result, firmware, text),
    );
    this.state = "running";
  }

  async #read(file: string | undefined): Promise<Uint8Array | undefined> {
    if (file === undefined) return undefined;
    try {
      const text = await readOutsideFile(file, MOST_FILE_BYTES);
      return decodeLenient(text.toString("latin1"));
    } catch (failure) {
      this.#log.error(`SEV: Failed to read '${file}' (${messageOf(failure)})`);
      throw sevErrors.SEV_CONTEXT();
    }
  }
}
