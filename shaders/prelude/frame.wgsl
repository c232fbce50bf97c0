// The frame, as binding 2.

@group(0) @binding(2) var frame: texture_2d<f32>;
