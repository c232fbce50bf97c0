// A video frame, as the browser has converted it on upload, at display size.
// in   source: the frame, any size; a bilinear sampler
//      size: display size, pixels
// out  frame: rgba8, alpha 1; its first row is the picture's uppermost
// maths  one sample at each pixel's centre: exact where the sizes are the same, bilinear where pixels are not square
// grid  one fragment a pixel
// tolerance  1/255: rgba8 rounds once here, the browser's conversion once too

uniform sampler2D source;
uniform vec2 size;

layout(location = 0) out vec4 frame;

void main() {
  frame = vec4(texture(source, gl_FragCoord.xy / size).rgb, 1.0);
}
