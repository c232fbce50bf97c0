// Whole numbers, 4 channels in a u32 (the first in the lowest byte): a value is (number - zero point of its channel) * step.

// Four outputs' products with 4 input channels each; exact.
fn dot_int8(w: vec4u, x: u32) -> vec4i {
  return vec4i(dot4I8Packed(w.x, x), dot4I8Packed(w.y, x), dot4I8Packed(w.z, x), dot4I8Packed(w.w, x));
}

// Rounds a number of steps, ties to even (WGSL §17.5 round), moves it by the zero points, and packs it.
fn pack_steps(steps: vec4f, zeros: vec4f) -> u32 {
  return pack4xI8(vec4i(clamp(round(steps) + zeros, vec4f(-128.0), vec4f(127.0))));
}
