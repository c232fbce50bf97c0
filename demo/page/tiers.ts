import { type Tier, tiers } from '../../plugin/index.js';

const about: Readonly<Record<string, string>> = { S: 'Quick', M: 'Sharper', L: 'Sharper still', XL: 'For strong GPUs' };

function choice(tier: Tier): HTMLLabelElement {
  const input = Object.assign(document.createElement('input'), { type: 'radio', name: 'tier', value: tier });
  const label = Object.assign(document.createElement('label'), { title: about[tier] ?? '' });
  label.append(input, Object.assign(document.createElement('span'), { textContent: tier }));
  return label;
}

/** Puts a radio button for every shipped tier between `auto` and `off`. */
export function showTiers(group: HTMLFieldSetElement): void {
  const off = group.querySelector('[value="off"]')?.closest('label');
  off?.before(...tiers.map(choice));
}
