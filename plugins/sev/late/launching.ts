// All that a guest needs which is encrypted: loaded as one, when there is such a guest.
export { initializeKvm } from "./kvm-init.ts";
export { PinnedMemory } from "./pinned-memory.ts";
export { SevLaunch } from "./sev-launch.ts";
export { SnpLaunch } from "./snp-launch.ts";
