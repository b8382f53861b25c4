// Files of -readconfig, and what is wrong with them.
import type { CaseFile } from "../workspace.ts";
import { lines } from "./cli-case.ts";

const CONFIGS: { readonly [name: string]: string } = {
  memory: '[memory]\nsize = "200"\n',
  machine: '# a comment\n\n[machine]\nhpet = "off"\n[smp-opts]\ncpus = "2"\n',
  object: '[object]\nqom-type = "memory-backend-ram"\nid = "m0"\nsize = "1M"\n',
  "object-head-id": '[object "m1"]\nqom-type = "memory-backend-ram"\nsize = "1M"\n',
  "object-no-id": '[object]\nqom-type = "memory-backend-ram"\nsize = "1M"\n',
  device: '[device "d0"]\ndriver = "pcie-root-port"\nbus = "pcie.0"\n',
  "device-unknown": '[device "d0"]\ndriver = "nosuch"\n',
  "device-twice": '[device "d0"]\ndriver = "pcie-root-port"\n[device "d0"]\ndriver = "pcie-root-port"\n',
  "device-bad-id": '[device "1x"]\ndriver = "pcie-root-port"\n',
  chardev: '[chardev "c0"]\nbackend = "null"\n',
  "chardev-unknown": '[chardev "c0"]\nbackend = "nosuch"\n',
  "mon-missing": '[mon]\nchardev = "nosuch"\n',
  global: '[global]\ndriver = "mch"\nproperty = "nosuch"\nvalue = "1"\n',
  name: '[name]\nguest = "a"\n[name]\nguest = "b"\n',
  "boot-bad": '[boot-opts]\norder = "z"\n',
  "no-group": 'a = "b"\n',
  "indented-group": "  [memory]\n",
  "no-quotes": "[memory]\nsize = 200\n",
  "no-blanks": '[msg]\ntimestamp="on"\n',
  "unknown-group": '[nosuch]\na = "b"\n',
  "option-no-group": '[boot]\norder = "c"\n',
  "unknown-key": '[memory]\nfoo = "b"\n',
  "bad-value": '[memory]\nsize = "zz"\n',
  "empty-value": '[memory]\nsize = ""\n',
};

export const configFiles: CaseFile[] = Object.entries(CONFIGS).map(([name, text]) => ({
  name: `${name}.cfg`,
  hex: Buffer.from(text).toString("hex"),
}));

export const configLines = lines(
  "readconfig",
  "-machine q35,accel=tcg -nodefaults -display none",
  Object.fromEntries(Object.keys(CONFIGS).map((name) => [name, `-readconfig {dir}/${name}.cfg`])),
);
