// Huge pages: hugetlbpage.rst of the kernel's documentation; memfd_create(2), MFD_HUGETLB.
import { readFileSync, statfsSync } from "node:fs";
import { byteLength, KiB, type ByteLength } from "backplane";

/** statfs(2), f_type. */
const HUGETLBFS_MAGIC = 0x958458f6;

/** The page of the huge file system that a file lies in; undefined for usual files. */
export function hugePageOf(fd: number, name: string | undefined): ByteLength | undefined {
  if (process.platform !== "linux" || name === undefined) return undefined;
  const { type, bsize } = statfsSync(`/proc/self/fd/${fd}`);
  return type === HUGETLBFS_MAGIC ? byteLength(bsize) : undefined;
}

/** What memory of huge pages gets where nobody says how huge. */
export function defaultHugePage(): ByteLength {
  const [, kib = "2048"] = /^Hugepagesize:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8")) ?? [];
  return byteLength(Number(kib) * KiB);
}
