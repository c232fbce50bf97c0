// A video frame, as the browser has converted it on upload, at display size.
// in   source: the frame, any size; a bilinear sampler
//      size: display size, pixels
//      converts: the frame's primaries are still its own; primaries: to those of BT.709, of linear colours
// out  frame: rgba8, alpha 1; its first row is the picture's uppermost
// maths  one sample at each pixel's centre: exact where the sizes are the same, bilinear where pixels are not square; then where wanted
//        the primaries, by the curve of sRGB, which browsers take every curve of SDR video for
// grid  one fragment a pixel
// tolerance  1/255: rgba8 rounds once here, the browser's conversion once too, which other primaries may grow to 2/255

uniform sampler2D source;
uniform vec2 size;
uniform bool converts;
uniform mat3 primaries;

layout(location = 0) out vec4 frame;

vec3 to_linear(vec3 encoded) {
  return mix(pow((encoded + 0.055) / 1.055, vec3(2.4)), encoded / 12.92, lessThanEqual(encoded, vec3(0.04045)));
}

vec3 to_encoded(vec3 linear) {
  vec3 clamped = clamp(linear, 0.0, 1.0);
  return mix(1.055 * pow(clamped, vec3(1.0 / 2.4)) - 0.055, clamped * 12.92, lessThanEqual(clamped, vec3(0.0031308)));
}

void main() {
  vec3 colour = textureLod(source, gl_FragCoord.xy / size, 0.0).rgb;
  frame = vec4(converts ? to_encoded(primaries * to_linear(colour)) : colour, 1.0);
}
