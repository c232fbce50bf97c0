// y[i] = x[at(i)]: a copy under another order. Every axis of y is read as up to three nested counters, each of which moves the
// place in x by a fixed step; that covers permutation, windows, patches, pixel shuffle and slices.
//
// in        x   real4[]   nhwc4 [source.x, source.y, source.z, source_groups]
// out       y   real4[]   nhwc4 [size.x, size.y, size.z, groups]
// consts    WHOLE_GROUPS  channels keep their order and start on a group: four lanes move at once
// maths     at = origin + sum over axes of high * (i / low_count / middle_count) + middle * (i / low_count % middle_count)
//           + low * (i % low_count); past the end of x: zero, or the nearest element where `replicate` is 1
// grid      64 x 1 x 1, one invocation an output group, folded into rows of `stride`
// tolerance none: values are moved, not computed

struct Axis {
  high: vec4u,          // steps in x: three leading dimensions, then channels
  middle: vec4u,
  low: vec4u,
  middle_count: u32,
  low_count: u32,
}

struct Dims {
  axes: array<Axis, 4>,
  size: vec4u,          // leading dimensions of y, then its channel groups
  source: vec4u,        // leading dimensions of x, then its channels
  origin: vec4u,
  source_groups: u32,
  channels: u32,        // of y
  count: u32,
  stride: u32,
  replicate: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<real4>;
@group(0) @binding(2) var<storage, read_write> y: array<real4>;

fn moved(axis: u32, i: u32) -> vec4u {
  let low_count = dims.axes[axis].low_count;
  let middle_count = dims.axes[axis].middle_count;
  let rest = i / low_count;
  return dims.axes[axis].high * (rest / middle_count) + dims.axes[axis].middle * (rest % middle_count)
    + dims.axes[axis].low * (i % low_count);
}

fn source_group(at: vec4u) -> vec4f {
  let inside = min(at, dims.source - 1u);
  if (any(inside != at) && dims.replicate == 0u) {
    return vec4f(0.0);
  }
  let row = (inside.x * dims.source.y + inside.y) * dims.source.z + inside.z;
  return vec4f(x[row * dims.source_groups + inside.w / 4u]);
}

fn source_lane(at: vec4u) -> f32 {
  return source_group(at)[min(at.w, dims.source.w - 1u) % 4u];
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * dims.stride + id.x;
  if (i >= dims.count) {
    return;
  }
  let group = i % dims.size.w;
  let row = i / dims.size.w;
  let outer = row / dims.size.z;
  let at = dims.origin + moved(0u, outer / dims.size.y) + moved(1u, outer % dims.size.y) + moved(2u, row % dims.size.z);
  var value: vec4f;
  if (WHOLE_GROUPS) {
    value = source_group(at + vec4u(0u, 0u, 0u, group * 4u));
  } else {
    let c = group * 4u;
    value = vec4f(
      source_lane(at + moved(3u, c)),
      source_lane(at + moved(3u, c + 1u)),
      source_lane(at + moved(3u, c + 2u)),
      source_lane(at + moved(3u, c + 3u)),
    );
  }
  y[i] = real4(zero_padding(value, group, dims.channels));
}
