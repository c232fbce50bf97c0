// Several 3x3 convolutions of equal width in one dispatch: what lies between them never leaves workgroup memory. A workgroup computes a
// tile of TILE x TILE pixels; each layer covers one pixel less around it than the layer before, the first MARGIN pixels more than the
// tile. Stride 1, zero padding: what lies outside the picture is zero between layers too, not computed.
//
// in        weights  real4[]   first layer from luma (HEAD): [ky][kx][out group], bias, slope a group; then a layer: [out group][ky]
//                              [kx][in group][in lane] of 4 outputs, bias, slope a group; then the last (TAIL): [ky][kx][in group]
//                              [in lane] of 4 outputs, bias
//           frame    texture [width, height]: HEAD reads its luma, TAIL enlarges it
//           x        real4[]   nhwc4 [height, width, GROUPS], unless HEAD
// out       y        real4[]   nhwc4 [height, width, GROUPS], unless TAIL: then picture, rgba8unorm [2 width, 2 height], as in
//                              conv2d_luma_residual.wgsl
// consts    GROUPS       channel groups between layers
//           HEAD, TAIL   whether the chain has these ends
//           TILE, MARGIN, HELD       HELD = ceil((TILE + 2 MARGIN - 2)^2 / 256): sums an invocation holds until all have read
//           UNROLL       bounds of the loops over taps and channels are constants (real GPUs) or uniforms, as in conv2d.wgsl
//           ACTIVATION   of all layers but the tail
// grid      16 x 16 x 1 invocations a tile
// tolerance as the layers one by one, whose values in between are stored as real, too; plus one rounding of luma to real

const SIDE = TILE + 2u * MARGIN;
const LUMA_SIDE = SIDE + 2u;
const FIRST_LENGTH = select(0u, 11u * GROUPS, HEAD);
const LAYER_LENGTH = 9u * GROUPS * GROUPS * 4u + 2u * GROUPS;

var<workgroup> cells: array<real4, SIDE * SIDE * GROUPS>;
var<workgroup> lumas: array<real, select(1u, LUMA_SIDE * LUMA_SIDE, HEAD)>;

// Where cell (0, 0) lies in the picture.
fn origin_of(workgroup: vec3u) -> vec2i {
  return vec2i(tile_of(workgroup) * TILE) - i32(MARGIN);
}

fn is_inside(at: vec2i) -> bool {
  return all(at >= vec2i(0)) && all(at < vec2i(dims.size));
}

fn load_lumas(origin: vec2i, index: u32) {
  for (var i = index; i < LUMA_SIDE * LUMA_SIDE; i += 256u) {
    let at = origin - 1 + vec2i(vec2u(i % LUMA_SIDE, i / LUMA_SIDE));
    var value = 0.0;
    if (is_inside(at)) {
      value = luma(textureLoad(frame, at, 0).rgb);
    }
    lumas[i] = real(value);
  }
}

fn first_layer(cell: vec2u, group: u32, taps: u32) -> vec4f {
  var sum = vec4f(weights[9u * GROUPS + group]);
  for (var ky = 0u; ky < taps; ky++) {
    for (var kx = 0u; kx < taps; kx++) {
      let value = f32(lumas[(cell.y + ky) * LUMA_SIDE + cell.x + kx]);
      sum += vec4f(weights[(ky * 3u + kx) * GROUPS + group]) * value;
    }
  }
  return activate(sum, vec4f(weights[10u * GROUPS + group]));
}

fn stage(origin: vec2i, index: u32, taps: u32, groups: u32) {
  for (var i = index; i < SIDE * SIDE; i += 256u) {
    let cell = vec2u(i % SIDE, i / SIDE);
    let at = origin + vec2i(cell);
    let inside = is_inside(at);
    for (var g = 0u; g < groups; g++) {
      var value = vec4f(0.0);
      if (inside) {
        value = staged(vec2u(at), cell, g, taps);
      }
      cells[i * GROUPS + g] = real4(value);
    }
  }
}

fn weigh(at: u32, v: vec4f) -> vec4f {
  return vec4f(weights[at]) * v.x + vec4f(weights[at + 1u]) * v.y + vec4f(weights[at + 2u]) * v.z +
    vec4f(weights[at + 3u]) * v.w;
}

// The last convolution of a TAIL: four outputs at a pixel of the tile.
fn tail_sum(cell: vec2u, taps: u32, groups: u32, at: u32) -> vec4f {
  var sum = vec4f(weights[at + 9u * GROUPS * 4u]);
  for (var ky = 0u; ky < taps; ky++) {
    for (var kx = 0u; kx < taps; kx++) {
      let corner_at = ((cell.y + ky - 1u) * SIDE + cell.x + kx - 1u) * GROUPS;
      for (var g = 0u; g < groups; g++) {
        sum += weigh(at + ((ky * 3u + kx) * GROUPS + g) * 4u, vec4f(cells[corner_at + g]));
      }
    }
  }
  return sum;
}

@compute @workgroup_size(16, 16)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let taps = select(dims.taps, 3u, UNROLL);
  let groups = select(dims.groups, GROUPS, UNROLL);
  let origin = origin_of(workgroup);
  if (HEAD) {
    load_lumas(origin, index);
    workgroupBarrier();
  }
  stage(origin, index, taps, groups);
  workgroupBarrier();

  for (var layer = 0u; layer < dims.layers; layer++) {
    let first = FIRST_LENGTH + layer * LAYER_LENGTH;
    let bias = first + 9u * GROUPS * GROUPS * 4u;
    let side = SIDE - 2u * (layer + 1u);
    var held: array<array<vec4f, GROUPS>, HELD>;
    for (var h = 0u; h < HELD; h++) {
      let i = index + h * 256u;
      for (var t = 0u; t < GROUPS; t++) {
        held[h][t] = vec4f(0.0);
      }
      if (i < side * side) {
        let corner = vec2u(i % side, i / side) + layer;
        for (var t = 0u; t < GROUPS; t++) {
          held[h][t] = vec4f(weights[bias + t]);
        }
        for (var ky = 0u; ky < taps; ky++) {
          for (var kx = 0u; kx < taps; kx++) {
            let corner_at = ((corner.y + ky) * SIDE + corner.x + kx) * GROUPS;
            for (var g = 0u; g < groups; g++) {
              let v = vec4f(cells[corner_at + g]);
              for (var t = 0u; t < GROUPS; t++) {
                held[h][t] += weigh(first + (((t * 9u + ky * 3u + kx) * GROUPS) + g) * 4u, v);
              }
            }
          }
        }
      }
    }
    workgroupBarrier();
    for (var h = 0u; h < HELD; h++) {
      let i = index + h * 256u;
      if (i < side * side) {
        let cell = vec2u(i % side, i / side) + layer + 1u;
        let at = origin + vec2i(cell);
        let inside = is_inside(at);
        for (var t = 0u; t < GROUPS; t++) {
          let value = activate(held[h][t], vec4f(weights[bias + GROUPS + t]));
          cells[(cell.y * SIDE + cell.x) * GROUPS + t] = real4(select(vec4f(0.0), value, inside));
        }
      }
    }
    workgroupBarrier();
  }

  let cell = local.xy + MARGIN;
  let at = origin + vec2i(cell);
  if (all(local.xy < vec2u(TILE)) && is_inside(at)) {
    finish(vec2u(at), cell, taps, groups, FIRST_LENGTH + dims.layers * LAYER_LENGTH);
  }
}
