import type { CaseFile } from "../workspace.ts";
import { type AcpiCase, q35 } from "./acpi-case.ts";

const hex = (text: string): string => Buffer.from(text).toString("hex");
const small: CaseFile[] = [
  { name: "a", hex: hex("first part ") },
  { name: "b", hex: hex("second") },
  { name: "c", size: 4096 },
  { name: "whole", hex: tableFile() },
];

/** A complete table with a header, for `file=`. */
function tableFile(): string {
  const bytes = Buffer.alloc(36 + 12, 0x5a);
  bytes.write("OEMX", 0);
  bytes.writeUInt32LE(bytes.length, 4);
  bytes.writeUInt8(3, 8);
  bytes.writeUInt8(0, 9);
  bytes.write("FILEID", 10);
  bytes.write("FILETABL", 16);
  bytes.writeUInt32LE(7, 24);
  bytes.write("FILC", 28);
  bytes.writeUInt32LE(9, 32);
  return bytes.toString("hex");
}

const full =
  "sig=FULL,rev=5,oem_id=OEMID6,oem_table_id=TABLEID8,oem_rev=0x12345678,asl_compiler_id=CMPL,asl_compiler_rev=0xabcdef01";

const userTables = (name: string, ...tables: string[]): AcpiCase => ({
  name: `acpitable-${name}`,
  args: q35({ args: tables.flatMap((table) => ["-acpitable", table]) }),
  files: small,
});

export const userTableCases: AcpiCase[] = [
  userTables("data", "sig=ABCD,data={dir}/a"),
  userTables("defaults", "data={dir}/a"),
  userTables("full", `${full},data={dir}/a`),
  userTables("join", "sig=JOIN,data={dir}/a:{dir}/b:{dir}/c"),
  userTables("file", "file={dir}/whole"),
  userTables("file-override", `${full},file={dir}/whole`),
  userTables(
    "short-fields",
    "sig=AB,rev=1,oem_id=X,oem_table_id=Y,oem_rev=1,asl_compiler_id=Z,asl_compiler_rev=2,data={dir}/b",
  ),
  userTables("two", "sig=TAB1,data={dir}/a", "sig=TAB2,data={dir}/c"),
  userTables(
    "four",
    "sig=TAB1,data={dir}/a",
    `${full},data={dir}/b`,
    "sig=TAB3,data={dir}/c:{dir}/c",
    "file={dir}/whole",
  ),
  userTables("slic", "sig=SLIC,oem_id=SLICID,oem_table_id=SLICTABL,oem_rev=3,asl_compiler_id=SLCC,data={dir}/c"),
];
