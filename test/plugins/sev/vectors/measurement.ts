// Published by others; only the numbers are here.

/** AMDESE/sev-tool (Apache-2.0), src/tests.cpp, test_calc_measurement; the same in virtee/sev, src/session/mod.rs. */
export const SEV_TOOL_MEASUREMENT = {
  apiMajor: 0x00,
  apiMinor: 0x12,
  buildId: 0x0f,
  policy: 0x00,
  /** Of nothing at all. */
  digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  nonce: "4fbe0bedbad6c86ae8f68971d103e554",
  integrityKey: "66320db73158a35a255d051758e95ed4",
  measurement: "6faab2daae389bcd3405a05d6cafe33c0414f7bedd0bae19ba5f38b7fd1664ea",
};

/** virtee/sevctl (Apache-2.0), tests/measurementbuild.rs and tests/data/measurement/tik1.bin. */
export const SEVCTL_MEASUREMENT = {
  apiMajor: 1,
  apiMinor: 40,
  buildId: 40,
  policy: 3,
  digest: Buffer.from("xkvRAfyaSizgonxAjZIAkR8TmolUabBKQKb6KJCDDSM=", "base64").toString("hex"),
  nonce: Buffer.from("wxP6tRHCFrFQWxsuqZA8QA==", "base64").toString("hex"),
  integrityKey: "3569cf61a32a602b87185ac6e0f55913",
  measurement: Buffer.from("lswbxWxI9gckya16JQvdFtpYmNO4b+3inAPpqsgoBI4=", "base64").toString("hex"),
};

/** virtee/sevctl (Apache-2.0), tests/secretbuild.rs and tests/data/secret/{tik1.bin,tek1.bin,secret1.txt}. */
export const SEVCTL_SECRET = {
  encryptionKey: "52a869b79ab9c13bb6a92b0561619cb3",
  integrityKey: "c6d5a9956133050912b24bbe5c372686",
  /** A measurement and its nonce. */
  measured: "TLeA7607lZQntLjRY1/i+sbtdSZ+75zxpz4Px9hzpBLwItF5Q2o4prA++3ZZv9ZS",
  header: "AAAAAKxUdO1N0yx9mJ7FI9klWey8FSzeYQ4X8K71VzNKLU/KQsIsQxLjtbhaPUewqshX5Q==",
  data: "0U3e5PcXv0UW+H4tSBFKOdCYfKE1+j38Bc2fuO16mYiyI+sWx7INfn+lgYj56GL12yyinDa+lVfCCwD/2w5cPA==",
  secret: "MY-LUKS-PASSPHRASE",
};

/** virtee/sev (Apache-2.0), src/session/mod.rs (`session`) and src/session/key.rs (`derive`): all keys, nonces and IVs zero. */
export const VIRTEE_SESSION = {
  policy: 0,
  master: "ab4d269fcc62bedb4511d56c386ce706",
  wrapped: "2137bc7f9bb8bd7c3e55a576a15d3454b3856b8ba27afadf46dcfee9f02c02c4",
  wrapMac: "3176c0752738bd9d5e86689534020f528c088f16238826b000b327dee6aeed7d",
  policyMac: "aa7855e13839dd767cd5da7c1ff5036540c9264b7a803029315e55375287b4af",
};
