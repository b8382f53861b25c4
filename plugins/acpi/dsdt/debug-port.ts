// A method for debug output from AML: it writes its argument, in hexadecimal, to the Bochs debug console port.
import {
  type AmlNode,
  Arg,
  DerefOf,
  Field,
  Increment,
  Index,
  Local,
  LLess,
  Method,
  OperationRegion,
  Scope,
  SizeOf,
  Store,
  Subtract,
  ToBuffer,
  ToHexString,
  While,
} from "../aml/index.ts";

const PORT = 0x402;
const NEW_LINE = 0x0a;

export function debugPort(): readonly AmlNode[] {
  const text = Local(0);
  const length = Local(1);
  const at = Local(2);
  return [
    Scope(
      "\\",
      OperationRegion("DBG", "SystemIO", PORT, 1),
      Field("DBG", { access: "ByteAcc", update: "Preserve" }, ["DBGB", 8]),
      Method(
        "DBUG",
        1,
        ToHexString(Arg(0), text),
        ToBuffer(text, text),
        // The null character stays behind.
        Subtract(SizeOf(text), 1, length),
        Store(0, at),
        While(LLess(at, length), Store(DerefOf(Index(text, at)), "DBGB"), Increment(at)),
        Store(NEW_LINE, "DBGB"),
      ),
    ),
  ];
}
