import type { Json } from "../golden.ts";
import { type QmpCase, hmp, NEGOTIATE, run } from "./qmp-case.ts";

const Q35 = ["-machine", "q35,accel=tcg", "-m", "256M", "-nodefaults", "-display", "none", "-serial", "none"];
const OBJECTS = [
  "-object",
  "sev-guest,id=sev0,cbitpos=51,reduced-phys-bits=1",
  "-object",
  "sev-snp-guest,id=snp0,cbitpos=51,reduced-phys-bits=1",
];

const get = (path: string, property: string) => run("qom-get", { path, property });
const set = (path: string, property: string, value: Json) => run("qom-set", { path, property, value });
const add = (type: string, id: string, properties: { readonly [name: string]: Json }) =>
  run("object-add", { "qom-type": type, id, ...properties });

const NO_ADDRESS = { "packet-header": "aaaa", secret: "aaaa" };

const queries = [
  run("query-sev"),
  run("query-sev-capabilities"),
  run("query-sev-launch-measure"),
  run("query-sev-attestation-report", { mnonce: "aaaa" }),
  run("query-sev-attestation-report"),
  run("sev-inject-launch-secret", { "packet-header": "aaaa", secret: "aaaa", gpa: 4096 }),
  run("sev-inject-launch-secret", { "packet-header": "aaaa" }),
  hmp("info sev"),
];

/** Encrypted guests on a host without KVM: there are objects, and questions, and no encryption. */
export const sevConversations: readonly QmpCase[] = [
  {
    name: "q35-sev",
    args: [...Q35, ...OBJECTS],
    steps: [
      NEGOTIATE,
      ...queries,
      // Once there is such a guest, the peer ends by this: it has looked for no table in the firmware.
      run("sev-inject-launch-secret", NO_ADDRESS),
      run("qom-list-types", { implements: "confidential-guest-support" }),
      run("qom-list-types", { implements: "sev-common" }),
      run("qom-list", { path: "/objects/sev0" }),
      run("qom-list", { path: "/objects/snp0" }),
      run("qom-list-properties", { typename: "sev-common" }),
      run("qom-list-properties", { typename: "sev-guest" }),
      run("qom-list-properties", { typename: "sev-snp-guest" }),
      ...["policy", "handle", "cbitpos", "sev-device", "session-file", "legacy-vm-type", "kernel-hashes"].map((name) =>
        get("/objects/sev0", name),
      ),
      ...["policy", "host-data", "id-block", "id-auth", "guest-visible-workarounds", "author-key-enabled"].map((name) =>
        get("/objects/snp0", name),
      ),
      set("/objects/sev0", "policy", 7),
      get("/objects/sev0", "policy"),
      set("/objects/sev0", "policy", -1),
      set("/objects/sev0", "cbitpos", "x"),
      set("/objects/sev0", "session-file", "/a/file"),
      get("/objects/sev0", "session-file"),
      set("/objects/snp0", "author-key-enabled", true),
      get("/objects/snp0", "author-key-enabled"),
      set("/objects/snp0", "host-data", "aGVsbG8="),
      get("/objects/snp0", "host-data"),
      set("/objects/snp0", "id-block", "aGVs bG8"),
      get("/machine", "confidential-guest-support"),
      get("/machine", "memory-encryption"),
      set("/machine", "confidential-guest-support", "nosuch"),
      set("/machine", "confidential-guest-support", "snp0"),
      get("/machine", "confidential-guest-support"),
      ...queries,
      set("/machine", "memory-encryption", "nosuch"),
      set("/machine", "memory-encryption", "sev0"),
      get("/machine", "memory-encryption"),
      get("/machine", "confidential-guest-support"),
      ...queries,
      run("object-del", { id: "sev0" }),
      run("query-sev"),
      add("sev-guest", "s1", {}),
      add("sev-guest", "s1", { "reduced-phys-bits": 1, cbitpos: "a" }),
      add("sev-guest", "s1", { "reduced-phys-bits": 1 }),
      add("sev-snp-guest", "s2", { "reduced-phys-bits": 1, policy: -1 }),
      get("/objects/s2", "policy"),
      add("sev-snp-guest", "s3", { "reduced-phys-bits": 1, nosuch: 1 }),
      add("sev-snp-guest", "s3", { "reduced-phys-bits": 1, "id-block": "aGVsbG8=" }),
      add("sev-snp-guest", "s3", { "reduced-phys-bits": 1, "id-auth": 3 }),
      run("object-del", { id: "s1" }),
    ],
  },
];
