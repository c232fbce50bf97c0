// luma_residual.wgsl on software GPUs, where a texture read is dear: an invocation walks down a strip two pixels wide and keeps what
// the rows above and below give, so that a pixel of the frame is read twice instead of nine times.
//
// in        frame     texture [width, height]
//           residual  real4[height * width]   nhwc4, channel = dy * 2 + dx
// out       picture   rgba8unorm [2 width, 2 height]
// grid      8 x 1 x 1: x = pixels / 2, y = strips of `rows` rows
// tolerance as luma_residual.wgsl

struct Dims {
  size: vec2u,
  strength: f32,
  rows: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var frame: texture_2d<f32>;
@group(0) @binding(2) var<storage, read> residual: array<real4>;
@group(0) @binding(3) var picture: texture_storage_2d<rgba8unorm, write>;

// A row of the frame enlarged x2 horizontally: two pixels (a, b), each left (0) and right (1). Edges are repeated.
struct Wide { a0: vec3f, a1: vec3f, b0: vec3f, b1: vec3f }

fn texel(column: i32, row: i32) -> vec3f {
  return textureLoad(frame, clamp(vec2i(column, row), vec2i(0), vec2i(dims.size) - 1), 0).rgb;
}

fn wide(left: i32, row: i32) -> Wide {
  let before = texel(left - 1, row);
  let a = texel(left, row);
  let b = texel(left + 1, row);
  let after = texel(left + 2, row);
  return Wide(
    0.75 * a + 0.25 * before,
    0.75 * a + 0.25 * b,
    0.75 * b + 0.25 * a,
    0.75 * b + 0.25 * after,
  );
}

fn store(at: vec2u, near: vec3f, far: vec3f, added: f32) {
  let rgb = 0.75 * near + 0.25 * far + added;
  textureStore(picture, at, vec4f(clamp(rgb, vec3f(0.0), vec3f(1.0)), 1.0));
}

@compute @workgroup_size(8, 1)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let tile = tile_of(workgroup);
  let left = tile.x * 16u + local.x * 2u;
  let first = tile.y * dims.rows;
  if (left >= dims.size.x || first >= dims.size.y) {
    return;
  }
  let end = min(first + dims.rows, dims.size.y);
  let has_b = left + 1u < dims.size.x;
  var above = wide(i32(left), i32(first) - 1);
  var level = wide(i32(left), i32(first));
  for (var row = first; row < end; row++) {
    let below = wide(i32(left), i32(row) + 1);
    let pixel = row * dims.size.x + left;
    let at = vec2u(left, row) * 2u;
    let a = dims.strength * vec4f(residual[pixel]);
    store(at, level.a0, above.a0, a.x);
    store(at + vec2u(1u, 0u), level.a1, above.a1, a.y);
    store(at + vec2u(0u, 1u), level.a0, below.a0, a.z);
    store(at + vec2u(1u, 1u), level.a1, below.a1, a.w);
    if (has_b) {
      let b = dims.strength * vec4f(residual[pixel + 1u]);
      store(at + vec2u(2u, 0u), level.b0, above.b0, b.x);
      store(at + vec2u(3u, 0u), level.b1, above.b1, b.y);
      store(at + vec2u(2u, 1u), level.b0, below.b0, b.z);
      store(at + vec2u(3u, 1u), level.b1, below.b1, b.w);
    }
    above = level;
    level = below;
  }
}
