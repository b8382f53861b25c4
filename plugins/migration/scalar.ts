import type { ByteReader } from "./byte-reader.ts";
import { SCALAR_SIZES, type ScalarType, type ScalarValue } from "backplane";

/** Whether a type's name, as a stream's description gives it, is that of a single value. */
export function isScalarType(name: string): name is ScalarType {
  return Object.hasOwn(SCALAR_SIZES, name);
}

/** One value as it lies in a stream: big-endian, `timer` like a signed 64-bit number. */
export function readScalar(input: ByteReader, type: ScalarType): ScalarValue {
  switch (type) {
    case "bool":
      return input.u8() !== 0;
    case "uint8":
      return input.u8();
    case "int8":
      return (input.u8() << 24) >> 24;
    case "uint16":
      return input.u16();
    case "int16":
      return (input.u16() << 16) >> 16;
    case "uint32":
      return input.u32();
    case "int32":
      return input.u32() | 0;
    case "uint64":
      return input.u64();
    case "int64":
    case "timer":
      return BigInt.asIntN(64, input.u64());
  }
}
