import { q, type AddressSpace, type Commands, type Disposable, Ownership } from "backplane";
import { decodeLenient, encodeBase64 } from "./base64.ts";
import type { ConfidentialSupport } from "./confidential-support.ts";
import { SEV_STATES } from "./contract.ts";
import { sevErrors } from "./errors.ts";
import type { ConfidentialGuest } from "./guest.ts";
import { hostAddressOf } from "./guest-memory.ts";
import { asking } from "./host-failure.ts";
import { plain } from "./object-types.ts";
import { OVMF_GUID } from "./ovmf-table.ts";

const DEFAULT_DEVICE = "/dev/sev";
const NONCE_BYTES = 16;

const info = q.union(
  "SevInfo",
  "sev-type",
  {
    enabled: q.bool,
    "api-major": q.uint(8),
    "api-minor": q.uint(8),
    "build-id": q.uint(8),
    state: q.enum("SevState", SEV_STATES),
    "sev-type": q.enum("SevGuestType", ["sev", "sev-snp"]),
  },
  {
    sev: q.struct("SevGuestInfo", { policy: q.uint(32), handle: q.uint(32) }),
    "sev-snp": q.struct("SevSnpGuestInfo", { "snp-policy": q.uint(64) }),
  },
);

export interface SevServices {
  readonly support: ConfidentialSupport;
  readonly guest: ConfidentialGuest;
  readonly memory: AddressSpace;
}

export function addSevCommands(commands: Commands, services: SevServices): Disposable {
  const { support, guest } = services;
  const all = new Ownership();
  all.own(
    commands.add({
      name: "query-sev",
      summary: "whether the guest's memory is encrypted, and how far its launch is",
      arguments: q.none,
      result: info,
      run() {
        const { object } = support;
        const { apiMajor, apiMinor, build } = guest.status;
        const common = {
          enabled: object !== undefined,
          "api-major": apiMajor,
          "api-minor": apiMinor,
          "build-id": build,
          state: guest.state,
        };
        if (object?.kind === "snp") return { ...common, "sev-type": "sev-snp", "snp-policy": plain(object.policy) };
        return { ...common, "sev-type": "sev", policy: object?.policy ?? 0, handle: object?.handle ?? 0 };
      },
    }),
  );
  all.own(
    commands.add({
      name: "query-sev-launch-measure",
      summary: "the measurement of what a guest was launched with",
      arguments: q.none,
      result: q.struct("SevLaunchMeasureInfo", { data: q.str }),
      run() {
        const data = support.sev === undefined ? undefined : guest.measurement;
        if (data === undefined) throw sevErrors.SEV_NO_MEASUREMENT();
        return { data };
      },
    }),
  );
  all.own(
    commands.add({
      name: "query-sev-capabilities",
      summary: "what a guest's owner needs to know of the host",
      arguments: q.none,
      result: q.struct("SevCapability", {
        pdh: q.str,
        "cert-chain": q.str,
        "cpu0-id": q.str,
        cbitpos: q.int,
        "reduced-phys-bits": q.int,
      }),
      run: () => capabilities(services),
    }),
  );
  all.own(
    commands.add({
      name: "sev-inject-launch-secret",
      summary: "puts a secret of the guest's owner into a guest that has been measured",
      arguments: q.struct("q_obj_sev-inject-launch-secret-arg", {
        "packet-header": q.str,
        secret: q.str,
        "gpa?": q.uint(64),
      }),
      result: q.none,
      run: (args) => injectSecret(services, args["packet-header"], args.secret, args.gpa),
    }),
  );
  all.own(
    commands.add({
      name: "query-sev-attestation-report",
      summary: "a report of what the guest is, signed by the host's secure processor",
      arguments: q.struct("q_obj_query-sev-attestation-report-arg", { mnonce: q.str }),
      result: q.struct("SevAttestationReport", { data: q.str }),
      run: ({ mnonce }) => ({ data: attest(services, mnonce) }),
    }),
  );
  return all;
}

function capabilities({ support, guest }: SevServices) {
  const { host } = guest;
  if (host === undefined) throw sevErrors.SEV_KVM_NOT_ENABLED();
  if (!host.isSevEnabled) throw sevErrors.SEV_NOT_IN_KVM();
  const path = support.object?.device ?? DEFAULT_DEVICE;
  const device = asking(
    () => host.openDevice(path),
    ({ reason }) => sevErrors.SEV_OPEN(path, reason),
  );
  try {
    const { pdh, chain } = asking(
      () => device.exportCertificates(),
      ({ firmware, text }) => sevErrors.SEV_EXPORT(firmware, text),
    );
    const id = asking(
      () => device.chipId(),
      ({ firmware, text }) => sevErrors.SEV_CHIP_ID(firmware, text),
    );
    return {
      pdh: encodeBase64(pdh),
      "cert-chain": encodeBase64(chain),
      "cpu0-id": encodeBase64(id),
      cbitpos: host.cBitPosition,
      // One bit of the guest's physical address says whether memory is encrypted.
      "reduced-phys-bits": 1,
    };
  } finally {
    void device.dispose();
  }
}

function injectSecret(
  { support, guest, memory }: SevServices,
  packetHeader: string,
  secret: string,
  gpa: number | undefined,
): void {
  if (support.object === undefined) throw sevErrors.SEV_NOT_ENABLED_FOR_GUEST();
  const where = gpa ?? guest.firmware.table?.number(OVMF_GUID.secret);
  if (where === undefined) throw sevErrors.SEV_NO_SECRET_AREA();
  const { host, state } = guest;
  if (host === undefined || state !== "launch-secret") throw sevErrors.SEV_SECRET_STATE(SEV_STATES.indexOf(state));
  const header = decodeLenient(packetHeader);
  if (header.length === 0) throw sevErrors.SEV_SECRET_HEADER();
  const data = decodeLenient(secret);
  if (data.length === 0) throw sevErrors.SEV_SECRET_DATA();
  const found = hostAddressOf(memory, where, data.length);
  if (!("address" in found)) throw sevErrors.SEV_SECRET_ADDRESS(found.reason);
  asking(
    () => host.launchSecret({ header, data, address: found.address }),
    ({ result, firmware, text }) => sevErrors.SEV_SECRET(result, firmware, text),
  );
}

function attest({ support, guest }: SevServices, mnonce: string): string {
  if (support.object === undefined) throw sevErrors.SEV_NOT_ENABLED();
  const nonce = decodeLenient(mnonce);
  if (nonce.length === 0 && mnonce !== "") throw sevErrors.SEV_NONCE();
  if (nonce.length !== NONCE_BYTES) throw sevErrors.SEV_NONCE_LENGTH(nonce.length);
  const { host } = guest;
  if (host === undefined) throw sevErrors.SEV_REPORT_LENGTH(-25, 0, "");
  const report = asking(
    () => host.attestationReport(nonce),
    ({ result, firmware, text }) => sevErrors.SEV_REPORT_LENGTH(result, firmware, text),
  );
  return encodeBase64(report);
}
