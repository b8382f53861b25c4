// peer-options.json has the two files as the peer's guest reads them from fw_cfg, for each of these command lines.
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { withMachine } from "backplane/kit";
import { FW_CFG, type FwCfg } from "../../../plugins/fw-cfg/contract.ts";
import { SMBIOS } from "../../../plugins/smbios/contract.ts";
import { buildSmbios } from "../../../plugins/smbios/build.ts";
import { UserFields } from "../../../plugins/smbios/user-fields.ts";
import { Workspace } from "../../peer/workspace.ts";
import { outcomeOf, type PeerOutcome } from "../numa/outcome.ts";
import { pcMachine } from "../numa/pc-machine.ts";
import { smbiosFiles } from "./case-files.ts";

const TIB = 2 ** 40;

interface PeerFiles {
  readonly args: readonly string[];
  readonly tables: string;
  readonly anchor: string;
}

const cases = JSON.parse(readFileSync(path.join(import.meta.dirname, "peer-options.json"), "utf8")) as PeerFiles[];
const workspace = new Workspace(smbiosFiles);

afterAll(() => workspace.remove());

function contents(fwCfg: FwCfg, name: string): string {
  const file = fwCfg.file(name);
  if (file === undefined) throw new Error(`no file ${name}`);
  fwCfg.select(file.key);
  return Buffer.from(fwCfg.read(file.size)).toString("base64");
}

describe("files for the peer's options", () => {
  test.each(cases.map((peer) => [peer.args.join(" "), peer] as const))("%s", async (_name, peer) => {
    await withMachine(pcMachine(workspace.expand(peer.args)), (machine) => {
      const fwCfg = machine.service(FW_CFG);
      expect(contents(fwCfg, "etc/smbios/smbios-tables")).toBe(peer.tables);
      expect(contents(fwCfg, "etc/smbios/smbios-anchor")).toBe(peer.anchor);
    });
  });
});

const outcomes = JSON.parse(
  readFileSync(path.join(import.meta.dirname, "peer-outcomes.json"), "utf8"),
) as PeerOutcome[];

describe("what the peer refuses", () => {
  test.each(outcomes.map((outcome) => [outcome.args.join(" "), outcome] as const))("%s", async (_name, outcome) => {
    const { status, stderr } = await outcomeOf(pcMachine(workspace.expand(outcome.args)));
    expect({ status, stderr: workspace.mask(stderr) }).toEqual({
      status: outcome.status,
      stderr: outcome.stderr,
    });
  });

  test.each(["type=9", "type=41,designation=x", "type=1,uuid=00112233-4455-6677-8899-aabbccddeeff"])(
    "%s has to wait, and says so",
    async (text) => {
      expect((await outcomeOf(pcMachine(["-smbios", text]))).stderr).toContain("is not supported yet");
    },
  );
});

describe("a definition", () => {
  test("says the same as a command line", async () => {
    const line =
      "-smbios type=0,vendor=V,release=1.2,uefi=on -smbios type=1,serial=S -smbios type=2,asset=A -smbios type=3,sku=K -smbios type=4,max-speed=3000 -smbios type=8,port_type=16 -smbios type=11,value=one -smbios type=11,value=two -smbios type=17,speed=2400";
    const smbios = {
      bios: { vendor: "V", release: "1.2", uefi: true },
      system: { serial: "S" },
      baseboard: { asset: "A" },
      chassis: { sku: "K" },
      processor: { "max-speed": 3000 },
      connectors: [{ port_type: 16 }],
      "oem-strings": ["one", "two"],
      memory: { speed: 2400 },
    };
    const given = await withMachine(pcMachine(line.split(" ")), (machine) => machine.service(SMBIOS).tables);
    const defined = await withMachine(
      pcMachine([], { smbios: { value: smbios } }),
      (machine) => machine.service(SMBIOS).tables,
    );
    expect(Buffer.from(defined).toString("latin1")).toBe(Buffer.from(given).toString("latin1"));
  });
});

describe("memory beyond 2 TiB", () => {
  // The peer's structures 16 to 127 for 3 TiB, which start at 1 TiB again behind the hole.
  const PEER =
    "1017001001030600000080feff010000000000000300000000112800110010feffffffffffff7f090001000702000000020000000000003000000000000000000044494d4d20300051454d550000131f001300000000ffff1f00001001000000000000000000000000000000000000131f011300000040ffffdfff001001000000000000000000000000000000000000200b00200000000000000000007f04007f0000";

  test("is told in the extended fields", () => {
    const { tables } = buildSmbios(
      {
        machine: { manufacturer: "QEMU", product: "", version: "" },
        uuid: new Uint8Array(16),
        sockets: 0,
        processor: {
          identity: { vendor: "GenuineIntel", signature: 0, features: 0, longMode: true, x2apic: false },
          coresPerSocket: 1,
          threadsPerSocket: 1,
        },
        memory: {
          size: 3 * TIB,
          ranges: [
            { address: 0, length: TIB / 512 },
            { address: TIB, length: 3 * TIB - TIB / 512 },
          ],
        },
      },
      new UserFields(),
      "auto",
    );
    expect(Buffer.from(tables).toString("hex")).toContain(PEER);
  });
});
