// Four neighbouring keys or values of a head, for all invocations alike: each invocation reads one of them from workgroup memory, and
// the subgroup's first four lanes, which every subgroup has (WebGPU: subgroupMinSize >= 4), tell the others theirs.

// Its place in the subgroup: in uniform control flow all lanes are active.
fn lane_of_subgroup() -> u32 {
  return subgroupExclusiveAdd(1u);
}

fn four_at(at: u32, lane: u32) -> array<vec4f, 4> {
  let own = head_qkv[at + lane % 4u];
  return array<vec4f, 4>(
    subgroupBroadcast(own, 0u), subgroupBroadcast(own, 1u), subgroupBroadcast(own, 2u), subgroupBroadcast(own, 3u),
  );
}
