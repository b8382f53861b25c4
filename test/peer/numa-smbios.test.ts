// The fixtures of the plugins numa and smbios, against the running peer.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { smbiosFiles } from "../plugins/smbios/case-files.ts";
import { captureCli } from "./capture-cli.ts";
import { Q35 } from "./cases/cli-case.ts";
import { readDirectory, readFwCfg } from "./fw-cfg.ts";
import { GOLDENS } from "./golden.ts";
import { Peer } from "./peer.ts";

interface Fixture {
  readonly args: readonly string[];
  readonly status?: number;
  readonly stderr?: string;
  readonly tables?: string;
  readonly anchor?: string;
}

function fixture(plugin: string, name: string): Fixture[] {
  return JSON.parse(readFileSync(path.join(GOLDENS, "../plugins", plugin, `${name}.json`), "utf8")) as Fixture[];
}

const outcomes = [...fixture("numa", "peer-outcomes"), ...fixture("smbios", "peer-outcomes")]
  // Their files are not among those of the captured command lines.
  .filter(({ args }) => !args.join().includes("{dir}"));

describe("what the peer refuses and warns of", () => {
  it.each(outcomes.map((outcome) => [outcome.args.join(" "), outcome] as const))("%s", async (name, outcome) => {
    const { status, stderr } = await captureCli({ name, args: [...Q35.split(" "), ...outcome.args] });
    expect({ status, stderr }).toEqual({ status: outcome.status, stderr: outcome.stderr });
  });
});

describe("SMBIOS files", () => {
  const cases = fixture("smbios", "peer-options").map((options) => [options.args.join(" "), options] as const);
  it.each(cases)("%s", async (_name, options) => {
    const peer = await Peer.start([...Q35.split(" "), ...options.args], smbiosFiles);
    try {
      const directory = await readDirectory(peer);
      for (const name of ["tables", "anchor"] as const) {
        const entry = directory.find((file) => file.name === `etc/smbios/smbios-${name}`);
        const bytes = entry && (await readFwCfg(peer, entry.key, entry.size));
        expect(bytes?.toString("base64")).toBe(options[name]);
      }
    } finally {
      await peer.close();
    }
  });
});
