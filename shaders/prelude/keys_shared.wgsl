// Four neighbouring keys or values of a head, for all invocations alike: each invocation reads them from workgroup memory.

fn lane_of_subgroup() -> u32 {
  return 0u;
}

fn four_at(at: u32, lane: u32) -> array<vec4f, 4> {
  return array<vec4f, 4>(head_qkv[at], head_qkv[at + 1u], head_qkv[at + 2u], head_qkv[at + 3u]);
}
