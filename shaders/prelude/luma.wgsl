// Luma of R'G'B' as BT.601 weighs it (ITU-R BT.601-7 §2.5.1), full range: what the super-resolution networks read.

fn luma(rgb: vec3f) -> f32 {
  return dot(rgb, vec3f(0.299, 0.587, 0.114));
}
