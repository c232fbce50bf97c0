// Activations, chosen by the generated const ACTIVATION; codes as in plugin/engine/ops/activation.ts.
// In and out: f32, whatever the storage. erf by Abramowitz & Stegun 7.1.26, |error| <= 1.5e-7.

fn erf4(x: vec4f) -> vec4f {
  let a = abs(x);
  let t = 1.0 / (1.0 + 0.3275911 * a);
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - p * exp(-a * a));
}

// Within 2^-125 of 0 or 1 beyond 87; without the clamp exp overflows, and WGSL lets a driver take infinities for anything.
fn sigmoid4(x: vec4f) -> vec4f {
  return 1.0 / (1.0 + exp(clamp(-x, vec4f(-87.0), vec4f(87.0))));
}

fn activate(x: vec4f, slope: vec4f) -> vec4f {
  switch ACTIVATION {
    case 1u: { return max(x, vec4f(0.0)); }                                        // ReLU
    case 2u: { return select(slope * x, x, x > vec4f(0.0)); }                      // PReLU
    case 3u: { return x * sigmoid4(x); }                                           // SiLU
    case 4u: { return 0.5 * x * (1.0 + erf4(x * 0.7071067811865476)); }            // GELU
    case 5u: {                                                                     // GELU, tanh form
      // (1 + tanh(u)) / 2 = sigmoid(2 u), which WGSL bounds more tightly than tanh.
      return x * sigmoid4(1.5957691216057308 * (x + 0.044715 * x * x * x));
    }
    case 6u: { return x * sigmoid4(1.702 * x); }                                   // QuickGELU
    case 7u: { return x * clamp(x / 6.0 + 0.5, vec4f(0.0), vec4f(1.0)); }          // hard-swish
    case 8u: { return sigmoid4(x); }                                               // sigmoid
    case 9u: { return clamp(x, vec4f(0.0), vec4f(6.0)); }                          // ReLU6
    default: { return x; }
  }
}
