// The four pixels of a x2 bilinear enlargement under one source pixel (half-pixel centres, edges repeated), plus a luma residual.
// Adding the same amount to R', G' and B' changes luma by just that and leaves chroma alone, since the luma weights sum to 1.

fn store_x2(at: vec2u, size: vec2u, residual: vec4f) {
  let last = vec2i(size) - 1;
  var rows: array<array<vec3f, 3>, 3>;
  for (var dy = 0; dy < 3; dy++) {
    for (var dx = 0; dx < 3; dx++) {
      let p = clamp(vec2i(at) + vec2i(dx, dy) - 1, vec2i(0), last);
      rows[dy][dx] = textureLoad(frame, p, 0).rgb;
    }
  }
  for (var dy = 0u; dy < 2u; dy++) {
    for (var dx = 0u; dx < 2u; dx++) {
      // The near row and column weigh 3/4, the one towards this sub-pixel's side 1/4.
      let sy = dy * 2u;
      let sx = dx * 2u;
      let near = 0.75 * rows[1][1] + 0.25 * rows[1][sx];
      let far = 0.75 * rows[sy][1] + 0.25 * rows[sy][sx];
      let rgb = 0.75 * near + 0.25 * far + residual[dy * 2u + dx];
      textureStore(picture, at * 2u + vec2u(dx, dy), vec4f(clamp(rgb, vec3f(0.0), vec3f(1.0)), 1.0));
    }
  }
}
