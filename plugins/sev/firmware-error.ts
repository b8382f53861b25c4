// Results of firmware commands (AMD SEV API §5.1.1, "Status Codes"; psp-sev.h), in the peer's words.

export const FIRMWARE = {
  success: 0,
  invalidPlatformState: 1,
  invalidGuestState: 2,
  invalidConfig: 3,
  invalidLength: 4,
  invalidCertificate: 6,
  policyFailure: 7,
  inactive: 8,
  invalidAddress: 9,
  badSignature: 10,
  badMeasurement: 11,
  invalidAsid: 13,
  invalidGuest: 16,
  invalidCommand: 17,
  unsupported: 21,
  invalidParameter: 22,
  resourceLimit: 23,
} as const;

const TEXTS = [
  "",
  "Platform state is invalid",
  "Guest state is invalid",
  "Platform configuration is invalid",
  "Buffer too small",
  "Platform is already owned",
  "Certificate is invalid",
  "Policy is not allowed",
  "Guest is not active",
  "Invalid address",
  "Bad signature",
  "Bad measurement",
  "ASID is already owned",
  "Invalid ASID",
  "WBINVD is required",
  "DF_FLUSH is required",
  "Guest handle is invalid",
  "Invalid command",
  "Guest is active",
  "Hardware error",
  "Hardware unsafe",
  "Feature not supported",
  "Invalid parameter",
  "Required firmware resource depleted",
  "Part-specific integrity check failure",
];

export function firmwareErrorText(code: number): string {
  return TEXTS[code] ?? "unknown error";
}
