// Channel groups of 4: padding lanes past the last channel are written as zero, so that readers may sum over them.

fn live_lanes(group: u32, channels: u32) -> vec4<bool> {
  return (vec4u(group * 4u) + vec4u(0u, 1u, 2u, 3u)) < vec4u(channels);
}

fn zero_padding(value: vec4f, group: u32, channels: u32) -> vec4f {
  return select(vec4f(0.0), value, live_lanes(group, channels));
}
