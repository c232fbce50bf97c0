// y[cell] = the best of the classes that peak at a cell, and the cell's distances to the four sides (CenterNet, Zhou et al. 2019).
//
// in        classes   real4[]   nhwc4 [height, width, class groups]: logits
//           sides     real4[]   nhwc4 [height, width, 1]
// out       y         real4[]   nhwc4 [height, width, 2]: logit, class, left, top; right, bottom
// maths     a class peaks where no neighbour in 3 x 3 has a larger logit of it; of equal ones the first counts. Where none peaks:
//           logit NONE, class 0. A logit that is no number peaks nowhere.
// grid      8 x 8 x 1: x = columns, y = rows
// tolerance none: numbers are moved

struct Dims {
  size: vec2u,
  classes: u32,
  class_groups: u32,
}

const NONE = -1e4;

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> classes: array<real4>;
@group(0) @binding(2) var<storage, read> sides: array<real4>;
@group(0) @binding(3) var<storage, read_write> y: array<real4>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (any(id.xy >= dims.size)) {
    return;
  }
  let first = max(id.xy, vec2u(1u)) - 1u;
  let last = min(id.xy + 1u, dims.size - 1u);
  let cell = id.y * dims.size.x + id.x;
  var best = NONE;
  var best_class = 0u;
  for (var group = 0u; group < dims.class_groups; group++) {
    let own = vec4f(classes[cell * dims.class_groups + group]);
    var largest = own;
    for (var row = first.y; row <= last.y; row++) {
      for (var column = first.x; column <= last.x; column++) {
        largest = max(largest, vec4f(classes[(row * dims.size.x + column) * dims.class_groups + group]));
      }
    }
    for (var lane = 0u; lane < 4u; lane++) {
      let named = group * 4u + lane;
      if (named < dims.classes && own[lane] >= largest[lane] && own[lane] > best) {
        best = own[lane];
        best_class = named;
      }
    }
  }
  let reach = vec4f(sides[cell]);
  y[cell * 2u] = real4(vec4f(best, f32(best_class), reach.xy));
  y[cell * 2u + 1u] = real4(vec4f(reach.zw, 0.0, 0.0));
}
