// Texts and numbers are the peer's.
import type { CpuTopologyRequest } from "backplane";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { CPUS } from "../../../plugins/x86-cpu/contract.ts";
import { withPlatform, type PlatformOptions } from "../pc-memory/platform.ts";

const smp = (topology: CpuTopologyRequest, model?: string): PlatformOptions => ({
  cpu: { topology, ...(model === undefined ? {} : { model }) },
});

async function refusal(options: PlatformOptions): Promise<string> {
  try {
    await withPlatform(options, () => undefined);
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
}

describe("-smp", () => {
  test.each<[CpuTopologyRequest, number[]]>([
    [{}, [1, 1, 1, 1, 1, 1, 1]],
    [{ cpus: 4 }, [4, 4, 1, 1, 1, 4, 1]],
    [{ maxcpus: 8 }, [8, 8, 1, 1, 1, 8, 1]],
    [{ cpus: 4, maxcpus: 8 }, [4, 8, 1, 1, 1, 8, 1]],
    [{ cpus: 4, modules: 2 }, [4, 4, 1, 1, 2, 2, 1]],
    [{ cpus: 4, threads: 2 }, [4, 4, 1, 1, 1, 2, 2]],
    [{ cpus: 4, cores: 2 }, [4, 4, 2, 1, 1, 2, 1]],
    [{ sockets: 2, cores: 2 }, [4, 4, 2, 1, 1, 2, 1]],
    [{ cpus: 1, clusters: 1 }, [1, 1, 1, 1, 1, 1, 1]],
  ])("%o", (request, expected) =>
    withPlatform(smp(request), (machine) => {
      const { cpus, maxCpus, sockets, dies, modules, cores, threads } = machine.service(CPUS).topology;
      expect([cpus, maxCpus, sockets, dies, modules, cores, threads]).toEqual(expected);
    }),
  );

  const ZERO = "Invalid CPU topology: CPU topology parameters must be greater than zero";
  test.each<[CpuTopologyRequest, string]>([
    [{ cpus: 0 }, ZERO],
    [{ cpus: 4, cores: 0 }, ZERO],
    [{ cpus: 4, maxcpus: 0 }, ZERO],
    [
      { cpus: 4, maxcpus: 2 },
      "Invalid CPU topology: maxcpus must be equal to or greater than smp: sockets (1) * dies (1) * modules (1) * cores (2) * threads (1) == maxcpus (2) < smp_cpus (4)",
    ],
    [
      { cpus: 4, sockets: 3 },
      "Invalid CPU topology: product of the hierarchy must match maxcpus: sockets (3) * dies (1) * modules (1) * cores (1) * threads (1) != maxcpus (4)",
    ],
    [
      { cpus: 3, sockets: 3, maxcpus: 4294967297 },
      "Invalid CPU topology: product of the hierarchy must match maxcpus: sockets (3) * dies (1) * modules (1) * cores (0) * threads (1) != maxcpus (1)",
    ],
    [{ cpus: 5000 }, "Invalid SMP CPUs 5000. The max CPUs supported by machine 'pc-q35-10.0' is 4096"],
    [{ cpus: -1 }, "Invalid SMP CPUs -1. The max CPUs supported by machine 'pc-q35-10.0' is 4096"],
    [{ cpus: 99999999999999 }, "Invalid SMP CPUs 276447231. The max CPUs supported by machine 'pc-q35-10.0' is 4096"],
    [{ cpus: 4, clusters: 2 }, "clusters > 1 not supported by this machine's CPU topology"],
    [{ cpus: 4, drawers: 2 }, "drawers > 1 not supported by this machine's CPU topology"],
    [{ cpus: 4, books: 2 }, "books > 1 not supported by this machine's CPU topology"],
    [{ cpus: 300 }, "APIC ID 255 requires x2APIC feature in CPU"],
  ])("%o is refused", async (request, expected) => {
    expect(await refusal(smp(request))).toBe(expected);
  });

  test("more than 255 processors need an x2APIC, which max has", () =>
    withPlatform(smp({ cpus: 300 }, "max"), (machine) => {
      expect(machine.service(CPUS).apicIdLimit).toBe(300);
    }));

  const level = fc.integer({ min: 1, max: 5 });
  property.prop([level, level, level, level, fc.integer({ min: 1, max: 3 })], { numRuns: 15 })(
    "gives every place an APIC id of its own, in rising order",
    (sockets, dies, modules, cores, threads) =>
      withPlatform(smp({ sockets, dies, modules, cores, threads }, "max"), (machine) => {
        const { possible, apicIdLimit } = machine.service(CPUS);
        const ids = possible.map(({ apicId }) => apicId);
        expect(ids).toHaveLength(sockets * dies * modules * cores * threads);
        expect(ids.every((id, at) => at === 0 || id > (ids[at - 1] ?? 0))).toBe(true);
        expect(apicIdLimit).toBe((ids.at(-1) ?? 0) + 1);
      }),
  );

  test("ids leave room for a level that is no power of two", () =>
    withPlatform(smp({ sockets: 2, cores: 3, threads: 2 }), (machine) => {
      expect(machine.service(CPUS).possible.map(({ apicId }) => apicId)).toEqual([
        0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13,
      ]);
    }));

  test("an AMD model that cannot tell of threads earns a warning", () =>
    withPlatform(smp({ cores: 2, threads: 3 }), (_machine, log) => {
      expect(log.map(({ message }) => message)).toContain(
        "This family of AMD CPU doesn't support hyperthreading(3). Please configure -smp options properly or try enabling topoext feature.",
      );
    }));
});

describe("-cpu", () => {
  test.each([
    ["foo", "unable to find CPU model 'foo'"],
    ["MAX", "unable to find CPU model 'MAX'"],
    ["host", "CPU model 'host' requires KVM or HVF"],
    ["", "-cpu option cannot be empty"],
  ])("%s is refused", async (model, expected) => {
    expect(await refusal(smp({}, model))).toBe(expected);
  });

  test("the default is qemu64", () =>
    withPlatform({}, (machine) => {
      const { typeName, identity, physBits } = machine.service(CPUS);
      expect(typeName).toBe("qemu64-x86_64-cpu");
      expect(identity).toEqual({
        vendor: "AuthenticAMD",
        signature: 0x60fb1,
        features: 0x078bfbfd,
        longMode: true,
        x2apic: false,
      });
      expect(physBits).toBe(40);
    }));

  test("a package of several processors says so in CPUID", () =>
    withPlatform(smp({ cores: 2 }), (machine) => {
      expect(machine.service(CPUS).identity.features).toBe(0x178bfbfd);
    }));
});
