// Activations, chosen by the generated const ACTIVATION; codes as in plugin/engine/ops/activation.ts.
// In and out: f32, whatever the storage. erf by Abramowitz & Stegun 7.1.26, |error| <= 1.5e-7.

fn erf4(x: vec4f) -> vec4f {
  let a = abs(x);
  let t = 1.0 / (1.0 + 0.3275911 * a);
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - p * exp(-a * a));
}

fn sigmoid4(x: vec4f) -> vec4f {
  return 1.0 / (1.0 + exp(-x));
}

fn activate(x: vec4f, slope: vec4f) -> vec4f {
  switch ACTIVATION {
    case 1u: { return max(x, vec4f(0.0)); }                                        // ReLU
    case 2u: { return select(slope * x, x, x > vec4f(0.0)); }                      // PReLU
    case 3u: { return x * sigmoid4(x); }                                           // SiLU
    case 4u: { return 0.5 * x * (1.0 + erf4(x * 0.7071067811865476)); }            // GELU
    case 5u: {                                                                     // GELU, tanh form
      // tanh saturates long before 15; without the clamp exp overflows on some drivers.
      let u = clamp(0.7978845608028654 * (x + 0.044715 * x * x * x), vec4f(-15.0), vec4f(15.0));
      return 0.5 * x * (1.0 + tanh(u));
    }
    case 6u: { return x * sigmoid4(1.702 * x); }                                   // QuickGELU
    case 7u: { return x * clamp(x / 6.0 + 0.5, vec4f(0.0), vec4f(1.0)); }          // hard-swish
    case 8u: { return sigmoid4(x); }                                               // sigmoid
    case 9u: { return clamp(x, vec4f(0.0), vec4f(6.0)); }                          // ReLU6
    default: { return x; }
  }
}
