// y[o] = act(bias[o] + sum over ky, kx, i of w[o, i, ky, kx] * x[i]); stride 1, zero padding, output as large as the input. x is the
// former layer's features, or the luma (BT.601, as prelude/luma.wgsl) of the frame.
//
// in        x or frame         texture [width, height], of channel groups one layer each
//           Weights            [out group][ky][kx][in group], columns by in lane, of 4 outputs; from the frame one vector of 4 outputs;
//                              then bias and PReLU slope a group
// out       y                  OUT_TILE layers [width, height] of 4 channels
// consts    OUT_TILE           channel groups a fragment computes, 1 to 4
//           FROM_FRAME, IN_GROUPS, KERNEL_H, KERNEL_W
//           PRELU              false: the sum as it is
// grid      one fragment a pixel
// tolerance products and sum in f32: kernel area * channels * 2^-24, plus one rounding to what y is stored in

const int TAPS = KERNEL_H * KERNEL_W;

uniform ivec2 size;

#if FROM_FRAME
uniform sampler2D frame;
layout(std140) uniform Weights {
  vec4 weights[OUT_TILE * TAPS];
  vec4 bias[OUT_TILE];
  vec4 slope[OUT_TILE];
};
#else
uniform sampler2DArray x;
layout(std140) uniform Weights {
  mat4 weights[OUT_TILE * TAPS * IN_GROUPS];
  vec4 bias[OUT_TILE];
  vec4 slope[OUT_TILE];
};
#endif

layout(location = 0) out vec4 y[OUT_TILE];

vec4 activate(vec4 value, vec4 factor) {
#if PRELU
  return max(value, 0.0) + factor * min(value, 0.0);
#else
  return value;
#endif
}

void main() {
  ivec2 first = ivec2(gl_FragCoord.xy) - ivec2(KERNEL_W, KERNEL_H) / 2;
  vec4 sum[OUT_TILE];
  for (int t = 0; t < OUT_TILE; t++) {
    sum[t] = bias[t];
  }
  for (int tap = 0; tap < TAPS; tap++) {
    ivec2 at = first + ivec2(tap % KERNEL_W, tap / KERNEL_W);
    if (any(lessThan(at, ivec2(0))) || any(greaterThanEqual(at, size))) {
      continue;
    }
#if FROM_FRAME
    float value = dot(texelFetch(frame, at, 0).rgb, vec3(0.299, 0.587, 0.114));
    for (int t = 0; t < OUT_TILE; t++) {
      sum[t] += weights[t * TAPS + tap] * value;
    }
#else
    for (int group = 0; group < IN_GROUPS; group++) {
      vec4 value = texelFetch(x, ivec3(at, group), 0);
      for (int t = 0; t < OUT_TILE; t++) {
        sum[t] += weights[(t * TAPS + tap) * IN_GROUPS + group] * value;
      }
    }
#endif
  }
  // Outputs are indexed by constants alone (GLSL ES 3.00 §4.3.6).
  y[0] = activate(sum[0], slope[0]);
#if OUT_TILE > 1
  y[1] = activate(sum[1], slope[1]);
#endif
#if OUT_TILE > 2
  y[2] = activate(sum[2], slope[2]);
#endif
#if OUT_TILE > 3
  y[3] = activate(sum[3], slope[3]);
#endif
}
