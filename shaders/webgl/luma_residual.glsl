// picture = bilinear_x2(frame) + strength * pixel_shuffle(residual) on every channel, clamped to [0, 1]; as prelude/bilinear_x2.wgsl.
//
// in        frame     texture [width, height]
//           residual  one layer [width, height], channel = dy * 2 + dx
// out       picture   rgba8 [2 width, 2 height]
// grid      one fragment a pixel of the picture
// tolerance half a step of unorm8, plus f32 rounding

uniform sampler2D frame;
uniform sampler2DArray residual;
uniform ivec2 size;
uniform float strength;

layout(location = 0) out vec4 picture;

vec3 frame_at(int x, int y) {
  return texelFetch(frame, clamp(ivec2(x, y), ivec2(0), size - 1), 0).rgb;
}

void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  ivec2 near = at >> 1;
  ivec2 part = at & 1;
  // The near row and column weigh 3/4, the one towards this sub-pixel's side 1/4.
  ivec2 far = near + part * 2 - 1;
  vec3 near_row = 0.75 * frame_at(near.x, near.y) + 0.25 * frame_at(far.x, near.y);
  vec3 far_row = 0.75 * frame_at(near.x, far.y) + 0.25 * frame_at(far.x, far.y);
  float added = strength * texelFetch(residual, ivec3(near, 0), 0)[part.y * 2 + part.x];
  picture = vec4(clamp(0.75 * near_row + 0.25 * far_row + added, 0.0, 1.0), 1.0);
}
