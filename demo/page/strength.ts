import { byId } from './dom.js';

/** Calls back with 0 to 1 whenever the slider is moved. */
export function onStrength(change: (strength: number) => void): void {
  const slider = byId('strength', HTMLInputElement);
  const output = byId('strength-value', HTMLOutputElement);
  const show = (): void => {
    output.textContent = `${slider.value} %`;
    slider.setAttribute('aria-valuetext', `${slider.value} per cent`);
  };
  slider.addEventListener('input', () => {
    show();
    change(Number(slider.value) / 100);
  });
  show();
}
