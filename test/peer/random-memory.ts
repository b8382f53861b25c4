import type { MachineDraft } from "./random-machine.ts";

const MIB = 2 ** 20;
/** Where the memory map of a q35 changes its shape, in MiB. */
const BORDERS = [2048, 2816, 3072, 4096];

function memorySize({ random }: MachineDraft): number {
  const kind = random.next();
  if (kind < 0.4) return random.between(16, 1024);
  if (kind < 0.7) return random.pick(BORDERS) + random.between(-2, 2);
  return random.between(1024, 20 * 1024);
}

/** `-m` takes the size in several units. */
function sizeText({ random }: MachineDraft, mib: number): string {
  return random.pick([String(mib), `size=${mib}M`, `${mib}M`, `size=${mib * 1024}K`, String(mib)]);
}

/** Splits so that no part is empty. */
function split({ random }: MachineDraft, total: number, parts: number): number[] {
  const sizes: number[] = [];
  let rest = total;
  for (let left = parts; left > 1; left--) {
    const size = random.between(1, Math.max(1, rest - left));
    sizes.push(size);
    rest -= size;
  }
  return [...sizes, rest];
}

/** Ranges of processors for the nodes, one after the other; some nodes may get none. */
function processorRanges({ random, processors }: MachineDraft, nodes: number): (string | undefined)[] {
  let first = 0;
  return Array.from({ length: nodes }, (_, node) => {
    const last = node === nodes - 1 ? processors - 1 : random.between(first - 1, processors - 1);
    if (last < first) return undefined;
    const range = first === last ? String(first) : `${first}-${last}`;
    first = last + 1;
    return `cpus=${range}`;
  });
}

function addHmat(draft: MachineDraft, nodes: number, initiators: readonly number[]): void {
  const { random } = draft;
  draft.properties.push("hmat=on");
  for (const initiator of initiators) {
    for (let target = 0; target < nodes; target++) {
      if (!random.chance(0.7)) continue;
      const pair = `initiator=${initiator},target=${target},hierarchy=memory`;
      draft.add("numa", "hmat-lb", pair, "data-type=access-latency", `latency=${random.between(1, 40) * 5}`);
      draft.add("numa", "hmat-lb", pair, "data-type=access-bandwidth", `bandwidth=${random.between(1, 40) * 100}M`);
    }
  }
  for (const node of initiators.filter(() => random.chance(0.4))) {
    const kind = `associativity=${random.pick(["none", "direct", "complex"])},policy=${random.pick(["none", "write-back", "write-through"])}`;
    draft.add("numa", "hmat-cache", `node-id=${node},size=${random.between(1, 64)}K,level=1`, kind, "line=64");
  }
}

function addNodes(draft: MachineDraft, size: number): number {
  const { random } = draft;
  const nodes = random.pick([1, 2, 2, 3, 4, 5, 8]);
  const memories = random.chance(0.15) && nodes > 1 ? nodes - 1 : nodes;
  const sizes = split(draft, size, memories);
  const ranges = random.chance(0.6) ? processorRanges(draft, nodes) : [];
  const owners = ranges.flatMap((range, node) => (range === undefined ? [] : [node]));
  const hmat = ranges.length > 0 && random.chance(0.35);
  for (let node = 0; node < nodes; node++) {
    const mib = sizes[node];
    if (mib !== undefined) draft.add("object", `memory-backend-ram,id=ram${node},size=${mib}M`);
    const initiator = hmat && ranges[node] === undefined ? `initiator=${random.pick(owners)}` : undefined;
    const memdev = mib === undefined ? undefined : `memdev=ram${node}`;
    draft.add("numa", "node", `nodeid=${node}`, ranges[node], memdev, initiator);
  }
  if (ranges.length === 0 && nodes > 1 && random.chance(0.4)) {
    const more = random.pick(["", "", ",core-id=0", ",thread-id=0", ",die-id=0", ",module-id=0", ",core-id=1"]);
    draft.add("numa", `cpu,node-id=${random.between(0, nodes - 1)},socket-id=0${more}`);
  }
  if (hmat) addHmat(draft, nodes, owners);
  if (nodes > 1 && random.chance(0.5)) {
    const symmetric = random.chance(0.5);
    for (let from = 0; from < nodes; from++) {
      for (let to = symmetric ? from + 1 : 0; to < nodes; to++) {
        if (from !== to) draft.add("numa", `dist,src=${from},dst=${to},val=${random.between(11, 254)}`);
      }
    }
  }
  return nodes;
}

function addDimm(draft: MachineDraft, index: number, nodes: number, slots: number): void {
  const { random } = draft;
  const isNvdimm = random.chance(0.5);
  const mib = isNvdimm ? random.pick([16, 64, 128, 130, 256]) : random.pick([128, 256, 512, 130, 1024]);
  const id = `mem${index}`;
  const fromFile = random.chance(isNvdimm ? 0.6 : 0.2);
  if (fromFile) draft.files.push({ name: id, size: mib * MIB });
  const kind = fromFile ? "file" : random.chance(0.15) ? "memfd" : "ram";
  const odd = random.chance(0.15)
    ? random.pick([
        "dump=off",
        "merge=off",
        "x-use-canonical-path-for-ramblock-id=on",
        "reserve=off",
        ...(fromFile ? ["pmem=off", "align=2M", "readonly=on", "discard-data=on"] : []),
      ])
    : undefined;
  const share = random.chance(0.4) ? `share=${random.pick(["on", "off"])}` : undefined;
  draft.add(
    "object",
    `memory-backend-${kind},id=${id}`,
    fromFile ? `mem-path={dir}/${id}` : undefined,
    `size=${mib}M`,
    share,
    odd,
  );
  const address = random.chance(0.1) ? `addr=0x${(random.between(2048, 20000) * 2 * MIB).toString(16)}` : undefined;
  const node = nodes > 1 && random.chance(0.5) ? `node=${random.between(0, nodes - 1)}` : undefined;
  const slot = random.chance(0.2) ? `slot=${random.between(0, slots - 1)}` : undefined;
  const name = random.chance(0.7) ? `id=dimm${index}` : undefined;
  const special = isNvdimm
    ? [
        random.chance(0.5) ? `label-size=${random.pick(["128K", "131072", "256K", "2M", "160K"])}` : undefined,
        random.chance(0.2) ? "unarmed=on" : undefined,
        random.chance(0.3) ? `uuid=${random.uuid()}` : undefined,
      ]
    : [];
  draft.add("device", isNvdimm ? "nvdimm" : "pc-dimm", name, `memdev=${id}`, node, slot, address, ...special);
}

/** `-m`, nodes and DIMMs. */
export function addMemory(draft: MachineDraft): void {
  const { random } = draft;
  const size = memorySize(draft);
  if (random.chance(0.1)) draft.properties.push(`max-ram-below-4g=${random.pick(["1G", "2G", "3G", "2560M"])}`);
  const slots = random.chance(0.45) ? random.between(1, 8) : 0;
  const maximum = size + random.pick([64, 1024, 4096, 4097, 20000]);
  const room = random.chance(0.3) ? [`maxmem=${maximum}M`, `slots=${slots}`] : [`slots=${slots}`, `maxmem=${maximum}M`];
  draft.add("m", sizeText(draft, size), ...(slots === 0 ? [] : room));
  const ownMemory = random.chance(0.4) ? addNodes(draft, size) : 0;
  if (ownMemory === 0 && random.chance(0.15)) {
    draft.add("object", `memory-backend-ram,id=main,size=${size}M`, random.chance(0.3) ? "share=on" : undefined);
    draft.properties.push("memory-backend=main");
  }
  if (slots === 0) return;
  if (random.chance(0.8)) draft.properties.push("nvdimm=on");
  if (random.chance(0.2)) draft.properties.push(`nvdimm-persistence=${random.pick(["cpu", "mem-ctrl"])}`);
  const count = random.between(0, Math.min(slots, 3));
  for (let i = 0; i < count; i++) addDimm(draft, i, ownMemory, slots);
}
