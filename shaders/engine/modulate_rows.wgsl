// modulate.wgsl on software GPUs: an invocation walks down a column of one channel group and reads the map again only where the row
// leaves the four cells it lies between.
//
// in        x, map   as in modulate.wgsl
// out       y        as in modulate.wgsl
// grid      8 x 1 x 1: x = tiles of 16 pixels, y = strips of `rows` rows, z * 8 + x in the workgroup = pixel of the tile * groups + group
// tolerance as modulate.wgsl

struct Dims {
  size: vec2u,
  map_size: vec2u,
  groups: u32,
  factor: u32,
  rows: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<real4>;
@group(0) @binding(2) var<storage, read> map: array<real4>;
@group(0) @binding(3) var<storage, read_write> y: array<real4>;

// Row `cell` of the map, at this column: the mix of the cells on either side.
fn map_row(cell: u32, low: u32, high: u32, part: f32, group: u32) -> vec4f {
  let row = cell * dims.map_size.x;
  let stride = dims.groups * 2u;
  return mix(vec4f(map[(row + low) * stride + group]), vec4f(map[(row + high) * stride + group]), part);
}

@compute @workgroup_size(8, 1)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let tile = tile_of(workgroup);
  let index = workgroup.z * 8u + local.x;
  let column = tile.x * 16u + index / dims.groups;
  let first = tile.y * dims.rows;
  if (column >= dims.size.x || first >= dims.size.y) {
    return;
  }
  let group = index % dims.groups;
  let end = min(first + dims.rows, dims.size.y);
  let cells = dims.map_size - 1u;
  let centre = max((f32(column) + 0.5) / f32(dims.factor) - 0.5, 0.0);
  let low = min(u32(centre), cells.x);
  let high = min(low + 1u, cells.x);
  let part = centre - f32(low);

  var known = dims.map_size.y; // no row of the map
  var scale_top = vec4f(0.0);
  var scale_bottom = vec4f(0.0);
  var shift_top = vec4f(0.0);
  var shift_bottom = vec4f(0.0);
  for (var row = first; row < end; row++) {
    let middle = max((f32(row) + 0.5) / f32(dims.factor) - 0.5, 0.0);
    let cell = min(u32(middle), cells.y);
    if (cell != known) {
      let next = min(cell + 1u, cells.y);
      scale_top = map_row(cell, low, high, part, group);
      scale_bottom = map_row(next, low, high, part, group);
      shift_top = map_row(cell, low, high, part, group + dims.groups);
      shift_bottom = map_row(next, low, high, part, group + dims.groups);
      known = cell;
    }
    let down = middle - f32(cell);
    let at = (row * dims.size.x + column) * dims.groups + group;
    y[at] = real4(vec4f(x[at]) * (1.0 + mix(scale_top, scale_bottom, down)) + mix(shift_top, shift_bottom, down));
  }
}
