// The model's rules, by the library's and the kernel's sources (see the plugin's README).
import { describe, expect, test } from "vitest";
import {
  byteLength,
  Container,
  GiB,
  HOST_ADDRESS_SPACE,
  HostCallError,
  KiB,
  MEMORY_REGIONS,
  Ownership,
  provideMemory,
  type GuestAddress,
  type HostAddress,
  type HostErrno,
  type HostFault,
} from "backplane";
import { PROT, type NvmmMachine } from "backplane/plugins/nvmm/contract";
import { ModelledNvmm } from "../../../plugins/nvmm/model/host.ts";
import { NVMM_LIMITS } from "../../../plugins/nvmm/model/limits.ts";

const PAGE = 4096;
const RWX = PROT.read | PROT.write | PROT.exec;
const gpa = (value: number) => value as GuestAddress;
const hva = (value: number) => value as HostAddress;

function open(faults: readonly HostFault[] = []) {
  const container = Container.create();
  provideMemory(container, new Ownership());
  const block = container.resolve(MEMORY_REGIONS).ram("ram", byteLength(256 * KiB)).ramBlock;
  if (block === undefined) throw new Error("no block");
  const host = new ModelledNvmm(container.resolve(HOST_ADDRESS_SPACE), NVMM_LIMITS.netbsd, faults);
  host.init();
  return { host, block, base: block.hostAddress, machine: host.machineCreate() };
}

/** The errno of a call; undefined when it succeeded. */
function errno(call: () => void): HostErrno | undefined {
  try {
    call();
    return undefined;
  } catch (failure) {
    if (failure instanceof HostCallError) return failure.code;
    throw failure;
  }
}

describe("host mappings", () => {
  test.each([
    ["an address that is not aligned", 0x800, PAGE],
    ["a size that is not aligned", 0, PAGE + 1],
    ["nothing", 0, 0],
  ])("refuse %s", (_, offset, size) => {
    const { host, machine, base } = open();
    expect(errno(() => host.hvaMap(machine, hva(base + offset), size))).toBe("EINVAL");
  });

  test("refuse the null page", () => {
    const { host, machine } = open();
    expect(errno(() => host.hvaMap(machine, hva(0), PAGE))).toBe("EINVAL");
  });

  test.each([
    ["from before into it", -1, 2],
    ["from it to behind", 1, 2],
    ["around it", -1, 4],
    ["exactly from its start to behind", 0, 3],
  ])("refuse what overlaps another %s", (_, from, pages) => {
    const { host, machine, base } = open();
    const start = base + 8 * PAGE;
    host.hvaMap(machine, hva(start), 2 * PAGE);
    expect(errno(() => host.hvaMap(machine, hva(start + from * PAGE), pages * PAGE))).toBe("EEXIST");
    expect(host.outstanding.hostMappings).toBe(1);
  });

  test("take what another holds whole, in a slot of its own", () => {
    const { host, machine, base } = open();
    host.hvaMap(machine, base, 4 * PAGE);
    expect(errno(() => host.hvaMap(machine, base, 4 * PAGE))).toBeUndefined();
    expect(errno(() => host.hvaMap(machine, hva(base + PAGE), PAGE))).toBeUndefined();
    expect(host.outstanding.hostMappings).toBe(3);
  });

  test("are 32 per machine", () => {
    const { host, machine, base } = open();
    for (let page = 0; page < 32; page++) host.hvaMap(machine, hva(base + page * PAGE), PAGE);
    expect(errno(() => host.hvaMap(machine, hva(base + 32 * PAGE), PAGE))).toBe("ENOBUFS");
    host.hvaUnmap(machine, base, PAGE);
    expect(errno(() => host.hvaMap(machine, hva(base + 32 * PAGE), PAGE))).toBeUndefined();
    expect(errno(() => host.hvaMap(host.machineCreate(), base, PAGE))).toBeUndefined();
  });

  test("go exactly as they came", () => {
    const { host, machine, base } = open();
    host.hvaMap(machine, base, 2 * PAGE);
    expect(errno(() => host.hvaUnmap(machine, base, PAGE))).toBe("ENOENT");
    expect(errno(() => host.hvaUnmap(machine, hva(base + PAGE), PAGE))).toBe("ENOENT");
    host.hvaUnmap(machine, base, 2 * PAGE);
    expect(errno(() => host.hvaUnmap(machine, base, 2 * PAGE))).toBe("ENOENT");
  });
});

describe("guest mappings", () => {
  test("need a host mapping that covers them", () => {
    const { host, machine, base } = open();
    expect(errno(() => host.gpaMap(machine, base, gpa(0), PAGE, RWX))).toBe("EINVAL");
    host.hvaMap(machine, base, 2 * PAGE);
    expect(errno(() => host.gpaMap(machine, base, gpa(0), 3 * PAGE, RWX))).toBe("EINVAL");
    expect(errno(() => host.gpaMap(machine, hva(base + PAGE), gpa(0), PAGE, RWX))).toBeUndefined();
  });

  test("refuse what is not aligned, rights that are none, and addresses beyond the host's", () => {
    const { host, machine, base } = open();
    host.hvaMap(machine, base, 2 * PAGE);
    expect(errno(() => host.gpaMap(machine, base, gpa(1), PAGE, RWX))).toBe("EINVAL");
    expect(errno(() => host.gpaMap(machine, base, gpa(0), 1, RWX))).toBe("EINVAL");
    expect(errno(() => host.gpaMap(machine, hva(base + 1), gpa(0), PAGE, RWX))).toBe("EINVAL");
    expect(errno(() => host.gpaMap(machine, base, gpa(0), PAGE, 8))).toBe("EINVAL");
    expect(errno(() => host.gpaMap(machine, base, gpa(128 * GiB - PAGE), 2 * PAGE, RWX))).toBe("EINVAL");
    expect(errno(() => host.gpaMap(machine, base, gpa(128 * GiB - PAGE), PAGE, RWX))).toBeUndefined();
  });

  test("do not overlap, and go exactly as they came", () => {
    const { host, machine, base } = open();
    host.hvaMap(machine, base, 8 * PAGE);
    host.gpaMap(machine, base, gpa(4 * PAGE), 2 * PAGE, RWX);
    for (const [from, pages] of [
      [3, 2],
      [5, 1],
      [3, 4],
      [4, 2],
    ] as const) {
      expect(errno(() => host.gpaMap(machine, base, gpa(from * PAGE), pages * PAGE, RWX))).toBe("EINVAL");
    }
    expect(errno(() => host.gpaUnmap(machine, base, gpa(4 * PAGE), PAGE))).toBe("ENOENT");
    expect(errno(() => host.gpaUnmap(machine, hva(base + PAGE), gpa(4 * PAGE), 2 * PAGE))).toBe("ENOENT");
    host.gpaUnmap(machine, base, gpa(4 * PAGE), 2 * PAGE);
    expect(host.outstanding.guestMappings).toBe(0);
  });

  test("are read and written as their rights say, across several, and not half", () => {
    const { host, machine, base, block } = open();
    host.hvaMap(machine, base, 4 * PAGE);
    host.gpaMap(machine, base, gpa(0), PAGE, RWX);
    host.gpaMap(machine, hva(base + 2 * PAGE), gpa(PAGE), PAGE, PROT.read);
    block.host.fill(0, 4 * PAGE, 7);
    const two = new Uint8Array(2);
    expect(host.guestRead(machine, PAGE - 1, two)).toBe(true);
    expect([...two]).toEqual([7, 7]);
    expect(host.guestWrite(machine, PAGE - 1, Uint8Array.of(1, 2))).toBe(false);
    expect(block.host.readUint(PAGE - 1, 1)).toBe(7);
    expect(host.guestWrite(machine, PAGE - 2, Uint8Array.of(1, 2))).toBe(true);
    expect(block.host.readUint(PAGE - 2, 2)).toBe(0x201);
    expect(host.guestRead(machine, 2 * PAGE - 1, two)).toBe(false);
  });

  test("outlive their host mapping", () => {
    const { host, machine, base, block } = open();
    host.hvaMap(machine, base, PAGE);
    host.gpaMap(machine, base, gpa(0), PAGE, RWX);
    host.hvaUnmap(machine, base, PAGE);
    block.host.writeUint(0, 1, 9);
    const byte = new Uint8Array(1);
    expect([host.guestRead(machine, 0, byte), byte[0]]).toEqual([true, 9]);
  });
});

describe("machines and processors", () => {
  test("there is no call without the device, or for a machine that is none", () => {
    const { host, machine, base } = open();
    expect(errno(() => host.hvaMap(5 as NvmmMachine, base, PAGE))).toBe("ENOENT");
    host.machineDestroy(machine);
    expect(errno(() => host.hvaMap(machine, base, PAGE))).toBe("ENOENT");
    host.close();
    expect(errno(() => void host.capability())).toBe("EBADF");
  });

  test("there are 128 machines", () => {
    const { host } = open();
    for (let made = 1; made < 128; made++) host.machineCreate();
    expect(errno(() => void host.machineCreate())).toBe("ENOBUFS");
  });

  test("a processor is made once, below the limit", () => {
    const { host, machine } = open();
    host.vcpuCreate(machine, 255);
    expect(errno(() => host.vcpuCreate(machine, 255))).toBe("EBUSY");
    expect(errno(() => host.vcpuCreate(machine, 256))).toBe("EINVAL");
    host.vcpuDestroy(machine, 255);
    expect(errno(() => host.vcpuDestroy(machine, 255))).toBe("ENOENT");
  });

  test("the end of a machine, or of the process, releases all it has", () => {
    const { host, machine, base } = open();
    host.hvaMap(machine, base, PAGE);
    host.gpaMap(machine, base, gpa(0), PAGE, RWX);
    host.machineDestroy(machine);
    host.hvaMap(host.machineCreate(), base, PAGE);
    host.close();
    expect(host.outstanding).toEqual({ machines: 0, hostMappings: 0, guestMappings: 0 });
  });

  test("a call that is told to fail has done nothing", () => {
    const { host, machine, base } = open([{ call: "hvaMap", nth: 1, errno: "ENOMEM" }]);
    expect(errno(() => host.hvaMap(machine, base, PAGE))).toBe("ENOMEM");
    expect(host.outstanding.hostMappings).toBe(0);
    host.hvaMap(machine, base, PAGE);
  });
});
