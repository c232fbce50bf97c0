// The vertex shader of every pass over a whole target: one triangle.
// in   gl_VertexID 0, 1, 2
// out  clip positions that cover the viewport

void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  gl_Position = vec4(corner * 4.0 - 1.0, 0.0, 1.0);
}
