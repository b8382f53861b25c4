import { describe, expect, test } from "vitest";
import { CAPABILITIES } from "../../../plugins/migration/capabilities.ts";
import { withRig } from "./rig.ts";

describe("capabilities", () => {
  const supported = ["events", "pause-before-switchover"];

  test.each(CAPABILITIES)("%s is taken or refused, and never ignored", (capability) =>
    withRig({ memory: 1 }, async (rig) => {
      const answer = await rig.answer("migrate-set-capabilities", { capabilities: [{ capability, state: true }] });
      const on = JSON.stringify(await rig.run("query-migrate-capabilities")).includes('"state":true');
      expect(on).toBe(supported.includes(capability));
      if (on) expect(answer).toBe("{}");
      else expect(answer).toMatch(/is not supported$|requires|only available/);
      expect(await rig.answer("migrate-set-capabilities", { capabilities: [{ capability, state: false }] })).toBe("{}");
    }),
  );

  test.each([
    [["multifd", "xbzrle"], "Multifd is not compatible with xbzrle"],
    [["postcopy-ram", "multifd"], "Postcopy is not yet compatible with multifd"],
    [["postcopy-ram", "x-ignore-shared"], "Postcopy is not compatible with ignore-shared"],
    [["background-snapshot", "multifd"], "Background-snapshot is not compatible with multifd"],
    [["mapped-ram", "xbzrle"], "Mapped-ram migration is incompatible with xbzrle"],
    [["mapped-ram", "postcopy-ram"], "Mapped-ram migration is incompatible with postcopy"],
    [["events", "dirty-limit"], "dirty-limit requires KVM with accelerator property 'dirty-ring-size' set"],
    [["events", "xbzrle"], "capability 'xbzrle' is not supported"],
  ])("%j are refused together, and none is switched on", (names, text) =>
    withRig({ memory: 1 }, async (rig) => {
      const capabilities = names.map((capability) => ({ capability, state: true }));
      expect(await rig.answer("migrate-set-capabilities", { capabilities })).toBe(text);
      expect(JSON.stringify(await rig.run("query-migrate-capabilities"))).not.toContain('"state":true');
    }),
  );
});

describe("parameters", () => {
  test.each([
    ["tls-creds", "tls0", "migration parameter 'tls-creds' does not support 'tls0'"],
    ["mode", "cpr-reboot", "migration parameter 'mode' does not support 'cpr-reboot'"],
    ["announce-step", 0, "Parameter 'announce_step' expects a value between 0 and 10000"],
    ["multifd-qatzip-level", 0, "Parameter 'multifd_qatzip_level' expects a value between 1 and 9"],
    ["announce-initial", 100001, "Parameter 'announce_initial' expects a value between 0 and 100000"],
  ])("%s %j is refused, and nothing changes", (name, value, text) =>
    withRig({ memory: 1 }, async (rig) => {
      const before = await rig.run("query-migrate-parameters");
      expect(await rig.answer("migrate-set-parameters", { "downtime-limit": 7, [name]: value })).toBe(text);
      expect(await rig.run("query-migrate-parameters")).toEqual(before);
    }),
  );

  test("a number counts down from 2^64 when it is negative, and null takes a text back", () =>
    withRig({ memory: 1 }, async (rig) => {
      await rig.run("migrate-set-parameters", { "max-bandwidth": -1, "tls-hostname": "host" });
      expect(await rig.run("query-migrate-parameters")).toMatchObject({
        "max-bandwidth": 2n ** 64n - 1n,
        "tls-hostname": "host",
      });
      await rig.run("migrate-set-parameters", { "tls-hostname": null });
      expect(await rig.run("query-migrate-parameters")).toMatchObject({ "tls-hostname": "" });
    }));
});

test("the plugin's own option is checked", async () => {
  await expect(withRig({ options: { migration: { exitGrace: "x" } } }, () => undefined)).rejects.toThrow(
    "migration.exitGrace",
  );
  await expect(withRig({ options: { "migration/ram": { unsupportedChange: "x" } } }, () => undefined)).rejects.toThrow(
    "migration/ram.unsupportedChange",
  );
});

test.each([
  [{ channels: [] }, "need either 'uri' or 'channels' argument"],
  [
    { channels: [{ "channel-type": "cpr", addr: { transport: "exec", args: ["/bin/true"] } }] },
    "Channel list has no main entry",
  ],
  [
    { channels: [{ "channel-type": "main", addr: { transport: "exec", args: [] } }] },
    "Failed to execute child process: no program was given",
  ],
  [
    {
      channels: [
        { "channel-type": "main", addr: { transport: "file", filename: "/x", offset: 0 } },
        { "channel-type": "main", addr: { transport: "file", filename: "/x", offset: 0 } },
      ],
    },
    "Channel list has more than one main entry",
  ],
  [
    { channels: [{ "channel-type": "main", addr: { transport: "socket", type: "unix", path: "x", abstract: true } }] },
    "abstract Unix sockets are not supported",
  ],
  [{ uri: "exec:true", resume: true }, "Cannot resume if there is no paused migration"],
])("migrate %j is refused", (args, text) =>
  withRig({ memory: 1 }, async (rig) => {
    expect(await rig.answer("migrate", args)).toBe(text);
  }),
);

test("a file channel that begins below zero is refused as the peer does", () =>
  withRig({ memory: 1 }, async (rig) => {
    const addr = { transport: "file", filename: rig.file("x"), offset: -1 };
    expect(await rig.answer("migrate", { channels: [{ "channel-type": "main", addr }] })).toBe(
      "failed to truncate migration file to offset ffffffffffffffff: Invalid argument",
    );
  }));
