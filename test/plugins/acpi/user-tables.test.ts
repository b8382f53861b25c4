import { withMachine } from "backplane/kit";
import { describe, expect, test } from "vitest";
import { ACPI } from "../../../plugins/acpi/contract.ts";
import acpi from "../../../plugins/acpi/index.ts";

const options = (...tables: readonly unknown[]) => ({ with: [acpi], options: { acpi: { value: { tables } } } });
const commandLine = (argument: string) =>
  acpi.commandLine?.[0]?.toOptions([{ text: `-acpitable ${argument}`, argument, pairs: [] }]);

describe("acpi.tables", () => {
  test("zeros stand for the contents of a table without a header", () =>
    withMachine(options({ sig: "FI1A", zeros: 65000 }), (machine) => {
      const [table] = machine.service(ACPI).userTables;
      expect(table).toHaveLength(65036);
      expect(Buffer.from(table ?? []).toString("latin1", 0, 4)).toBe("FI1A");
      expect(machine.service(ACPI).build().layout.at(-2)).toMatchObject({ place: "user", length: 65036 });
    }));

  test.each([
    [{ sig: "ABCD" }, "'-acpitable' requires one of 'data' or 'file'"],
    [{ zeros: 1, data: "x" }, "'-acpitable' requires one of 'data' or 'file'"],
    [{ zeros: 65500 }, "ACPI table too big, requested: 65536, max: 65535"],
    [{ rev: 256, zeros: 1 }, /acpi\.tables/],
    [{ signature: "ABCD", zeros: 1 }, /acpi\.tables/],
  ])("%j is refused", async (table, message) => {
    await expect(withMachine(options(table), () => undefined)).rejects.toThrow(message);
  });

  test("a warning names the option that it is about", () => {
    const { tables = [] } = commandLine("/dev/null") as { tables?: readonly unknown[] };
    return withMachine(options(...tables), (_, log) => {
      expect(log).toMatchObject([
        {
          level: "warn",
          source: "acpi",
          message: "ACPI table: no headers are specified",
          details: { origin: { kind: "command-line", text: "-acpitable /dev/null" } },
        },
      ]);
    });
  });

  test("a wrong parameter is refused while the command line is read, a missing file when the machine is made", async () => {
    expect(() => commandLine("foo=1,data=x")).toThrow("Invalid parameter 'foo'");
    const { tables = [] } = commandLine("data=/nowhere/x") as { tables?: readonly unknown[] };
    await expect(withMachine(options(...tables), () => undefined)).rejects.toMatchObject({
      message: "can't open file /nowhere/x: No such file or directory",
      plugin: "acpi",
      origin: { kind: "command-line", text: "-acpitable data=/nowhere/x" },
    });
  });
});
