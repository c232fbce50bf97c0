/** A video's computed style, as names and values, at one moment. */
export type Look = ReadonlyMap<string, string>;

const sides = ['top', 'right', 'bottom', 'left'] as const;
const corners = ['top-left', 'top-right', 'bottom-right', 'bottom-left'] as const;

/** What makes the shape of the box. */
export const shaping: readonly string[] = [
  ...sides.map((side) => `border-${side}-width`),
  ...sides.map((side) => `padding-${side}`),
];

/** What happens to the box as a whole. */
export const applied: readonly string[] = [
  'transform',
  'rotate',
  'scale',
  'translate',
  'transform-origin',
  'transform-box',
  'backface-visibility',
  'offset-path',
  'offset-distance',
  'offset-rotate',
  'offset-anchor',
  'offset-position',
  'opacity',
  'filter',
  'clip-path',
  'mix-blend-mode',
  'mask-image',
  'mask-position',
  'mask-size',
  'mask-repeat',
  'mask-origin',
  'mask-clip',
  'mask-composite',
  'mask-mode',
  '-webkit-mask-box-image',
];

/** What is drawn around and behind the picture. The video draws it, unless the canvas stands alone. */
export const framing: readonly string[] = [
  'background-color',
  'background-image',
  'background-position',
  'background-size',
  'background-repeat',
  'background-origin',
  'background-clip',
  'background-attachment',
  'background-blend-mode',
  ...sides.map((side) => `border-${side}-style`),
  ...sides.map((side) => `border-${side}-color`),
  'border-image-source',
  'border-image-slice',
  'border-image-width',
  'border-image-outset',
  'border-image-repeat',
  'box-shadow',
  'backdrop-filter',
];

/** Drawn above the picture. */
export const outlining: readonly string[] = ['outline-style', 'outline-color', 'outline-width', 'outline-offset'];

const judged: readonly string[] = [
  'position',
  'z-index',
  'isolation',
  'will-change',
  'contain',
  'perspective',
  'view-transition-name',
  '-webkit-box-reflect',
  'image-rendering',
  'content-visibility',
  'overflow-x',
  'overflow-y',
  'clip',
  'object-fit',
  'object-position',
  'object-view-box',
];

/** The corners of a box, and of what it clips. */
export const rounding: readonly string[] = [
  ...corners.map((corner) => `border-${corner}-radius`),
  ...corners.map((corner) => `corner-${corner}-shape`),
];

/** Whether a computed style has a corner that is not a right angle. */
export const isRounded = (style: CSSStyleDeclaration) =>
  corners.some((corner) => /[1-9]/.test(style.getPropertyValue(`border-${corner}-radius`)));

const all = [...shaping, ...rounding, ...applied, ...framing, ...outlining, ...judged];

export function readLook(style: CSSStyleDeclaration): Map<string, string> {
  return new Map(all.map((name) => [name, style.getPropertyValue(name)]));
}

const isSet = (look: Look, name: string, initial = 'none') => {
  const value = look.get(name) ?? '';
  return value !== '' && value !== initial;
};

export const isPositioned = (look: Look) => isSet(look, 'position', 'static');

/** Positioned so that it leaves the flow: ancestors in between do not clip it. */
export const isOutOfFlow = (look: Look) => /absolute|fixed/.test(look.get('position') ?? '');

/** Whether `z-index` counts for it. */
export function hasLevel(look: Look, parentDisplay: string): boolean {
  return isSet(look, 'z-index', 'auto') && (isPositioned(look) || /flex|grid/.test(parentDisplay));
}

/** Painted among what is positioned, not with the flow (CSS 2 appendix E, and what later modules add). */
export function isStacked(look: Look, parentDisplay: string): boolean {
  return (
    isPositioned(look) ||
    hasLevel(look, parentDisplay) ||
    Number(look.get('opacity') || 1) < 1 ||
    ['transform', 'rotate', 'scale', 'translate', 'filter', 'backdrop-filter', 'clip-path', 'mask-image'].some((name) =>
      isSet(look, name),
    ) ||
    ['offset-path', 'perspective', 'view-transition-name', '-webkit-mask-box-image', '-webkit-box-reflect'].some(
      (name) => isSet(look, name),
    ) ||
    isSet(look, 'mix-blend-mode', 'normal') ||
    isSet(look, 'isolation', 'auto') ||
    /paint|layout|strict|content/.test(look.get('contain') ?? '') ||
    /opacity|transform|filter|mask|clip-path|position|contents|rotate|scale|translate/.test(
      look.get('will-change') ?? '',
    )
  );
}

/** Whether what lies below the canvas would be seen through it, mixed with it, or at its edges: two layers look different from one. */
export function showsBelow(look: Look): boolean {
  return (
    Number(look.get('opacity') || 1) < 1 ||
    isSet(look, 'mask-image') ||
    isSet(look, '-webkit-mask-box-image') ||
    isSet(look, 'clip-path') ||
    isSet(look, 'mix-blend-mode', 'normal') ||
    /blur|drop-shadow|opacity|url/.test(look.get('filter') ?? '')
  );
}

/** What of a look a canvas cannot have, for messages; undefined: nothing. */
export function whatCannotMatch(look: Look): string | undefined {
  for (const name of ['filter', 'clip-path', 'mask-image', 'offset-path']) {
    const value = look.get(name) ?? '';
    // Such a name is looked for in the tree of the element that uses it (CSS Scoping 1 §3.3.2).
    if (/url\("?[^")]*#/.test(value)) return `${name}: ${value}`;
  }
  if (isSet(look, '-webkit-box-reflect')) return `-webkit-box-reflect: ${look.get('-webkit-box-reflect')}`;
  const rendering = look.get('image-rendering') ?? '';
  if (/pixelated|crisp-edges/.test(rendering)) return `image-rendering: ${rendering}`;
  return undefined;
}
