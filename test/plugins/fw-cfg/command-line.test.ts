// Texts are the peer's.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { withMachine } from "backplane/kit";
import { describe, expect, test } from "vitest";
import { splitOption } from "../../../plugins/acpi/option-text.ts";
import { FW_CFG } from "../../../plugins/fw-cfg/contract.ts";
import fwCfgPlugin from "../../../plugins/fw-cfg/index.ts";

function options(name: string, ...texts: string[]): { readonly [key: string]: unknown } {
  const option = fwCfgPlugin.commandLine?.find((candidate) => candidate.name === name);
  if (option === undefined) throw new Error(`no option -${name}`);
  return option.toOptions(
    texts.map((argument) => ({
      text: `-${name} ${argument}`,
      argument,
      pairs:
        option.argument === "keyval"
          ? splitOption(argument, option.implied ?? "").pairs.map((pair) => ({ key: pair.name, value: pair.value }))
          : [],
    })),
  );
}

async function refusal(name: string, ...texts: string[]): Promise<string> {
  try {
    const value = options(name, ...texts);
    await withMachine({ with: [fwCfgPlugin], options: { "fw-cfg": { value } } }, () => undefined);
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
}

const NEEDED = "name, plus exactly one of file, string and gen_id, are needed";

describe("-fw_cfg", () => {
  test.each([
    ["opt/x", NEEDED],
    ["name=opt/x,string=a,file=b", NEEDED],
    ["name=,string=a", NEEDED],
    ["gen_id=a", NEEDED],
    ["foo=1", "Invalid parameter 'foo'"],
    [
      "name=opt/x,file=/nonexistent",
      "can't load /nonexistent: Failed to open file “/nonexistent”: No such file or directory",
    ],
    [`name=opt/${"a".repeat(60)},string=a`, "name too long (max. 55 char)"],
    ["name=opt/x,gen_id=rng", "Cannot find object ID 'rng'"],
  ])("%s", async (text, expected) => {
    expect(await refusal("fw_cfg", text)).toBe(expected);
  });

  test("one name twice", async () => {
    expect(await refusal("fw_cfg", "name=opt/x,string=a", "name=opt/x,string=b")).toBe(
      "duplicate fw_cfg file name: opt/x",
    );
  });

  test("adds a file without a NUL, and warns of names outside of opt/", () =>
    withMachine(
      { with: [fwCfgPlugin], options: { "fw-cfg": { value: options("fw_cfg", "name=etc/x,string=abc") } } },
      (machine, log) => {
        expect(machine.service(FW_CFG).file("etc/x")?.size).toBe(3);
        expect(log.map(({ message }) => message)).toContain(
          'externally provided fw_cfg item names should be prefixed with "opt/"',
        );
      },
    ));
});

describe("-boot", () => {
  test.each([
    ["splash-time=70000", "splash-time is invalid,it should be a value between 0 and 65535"],
    ["reboot-timeout=-2", "reboot timeout is invalid,it should be a value between -1 and 65535"],
    ["reboot-timeout=70000", "reboot timeout is invalid,it should be a value between -1 and 65535"],
    ["menu=maybe", "Parameter 'boot.menu' expects 'on' or 'off'"],
    ["foo=1", "Parameter 'boot.foo' is unexpected"],
    ["splash-time=abc", "Parameter 'boot.splash-time' expects integer"],
    ["order=xyz", "Invalid boot device 'x'"],
    ["order=cc", "Boot device 'c' was given twice"],
    ["menu=on,splash-time=100,reboot-timeout=5", "accepted"],
    ["order=dc,once=n", "accepted"],
  ])("%s", async (text, expected) => {
    expect(await refusal("boot", text)).toBe(expected);
  });

  test("a picture that can be shown becomes a file", () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-splash-"));
    const picture = path.join(folder, "picture");
    const bmp = Buffer.alloc(54);
    bmp.write("BM");
    bmp.writeUInt16LE(24, 28);
    writeFileSync(picture, bmp);
    return withMachine(
      { with: [fwCfgPlugin], options: { "fw-cfg": { value: options("boot", `splash=${picture}`) } } },
      (machine) => expect(machine.service(FW_CFG).file("bootsplash.bmp")?.size).toBe(54),
    ).finally(() => rmSync(folder, { recursive: true }));
  });

  test("a machine starts without a picture that cannot be shown", () =>
    withMachine(
      { with: [fwCfgPlugin], options: { "fw-cfg": { value: options("boot", "splash=nosuch.bmp") } } },
      (_machine, log) => expect(log.map(({ message }) => message)).toContain("failed to find file 'nosuch.bmp'"),
    ));
});

describe("-uuid", () => {
  test("is item 2 in the order of its digits", () =>
    withMachine(
      {
        with: [fwCfgPlugin],
        options: { "fw-cfg": { value: options("uuid", "324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87") } },
      },
      (machine) => {
        expect(Buffer.from(machine.service(FW_CFG).uuid).toString("hex")).toBe("324e6eafd1d14bf6bf41b9bb6c91fb87");
      },
    ));

  test("that is none is refused", async () => {
    expect(await refusal("uuid", "abc")).toBe("failed to parse UUID string: wrong format");
  });
});
