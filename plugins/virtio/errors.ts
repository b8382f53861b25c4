import { defineErrors } from "backplane";

export const virtioErrors = defineErrors({
  VIRTIO_NO_MODE: {
    text: () => "device cannot work as neither modern nor legacy mode is enabled",
    help: "Both `disable-legacy` and `disable-modern` of a virtio device are on.",
    hints: ["Set either disable-modern or disable-legacy to off"],
  },
  VIRTIO_LEGACY_REFUSED: {
    text: () => "device is modern-only, use disable-legacy=on",
    help: "The kind of virtio device never had a legacy interface.",
  },
  VIRTIO_RNG_PERIOD: {
    text: () => "'period' parameter expects a positive integer",
    help: "The time in which `max-bytes` may be given out is zero.",
    at: "period",
  },
  VIRTIO_RNG_BYTES: {
    text: () => "'max-bytes' parameter must be positive, and less than 2^63",
    help: "A source of nothing was asked for.",
    at: "max-bytes",
  },
});
