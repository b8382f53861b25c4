/** The version that monitors and `-version` tell. Where we model what the peer has, we claim to be the peer. */
export const PEER_VERSION = {
  qemu: { major: 10, minor: 0, micro: 2 },
  package: "Debian 1:10.0.2+ds-2+deb13u1~bpo12+1",
  copyright: "Copyright (c) 2003-2025 Fabrice Bellard and the QEMU Project developers",
} as const;
