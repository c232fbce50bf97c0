export interface Clip {
  readonly id: string;
  readonly title: string;
  /** What it is, for the tooltip. */
  readonly about: string;
}

export const clips: readonly Clip[] = [
  { id: 'bunny', title: 'Bunny', about: 'Animation, 640 × 360, with sound' },
  { id: 'walks', title: 'Walks', about: 'Photographs in slow motion, 640 × 360' },
  { id: 'square', title: 'Square', about: 'A fixed camera over a square, 640 × 360' },
  { id: 'bunny-180p', title: 'Bunny 180p', about: 'Animation, 320 × 180: for slow machines' },
];

/** For slow machines. */
export const smallClip = 'bunny-180p';

export const clipUrl = (id: string): string => `${import.meta.env.BASE_URL}clips/${id}.mp4`;

/** Fills the chooser: a radio button a clip, and a way to open a file. */
export function showClips(choices: Element, chosen: string, onFile: (file: File) => void): void {
  for (const { id, title, about } of clips) {
    const input = Object.assign(document.createElement('input'), {
      type: 'radio',
      name: 'clip',
      value: id,
      checked: id === chosen,
    });
    const label = Object.assign(document.createElement('label'), { title: about });
    label.append(input, Object.assign(document.createElement('span'), { textContent: title }));
    choices.append(label);
  }
  const input = Object.assign(document.createElement('input'), { type: 'file', id: 'file', accept: 'video/*' });
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    if (file) onFile(file);
    // The same file may be opened again.
    input.value = '';
  });
  // Not among the clips' radio buttons for the group's change event.
  input.addEventListener('change', (event) => event.stopPropagation());
  const label = Object.assign(document.createElement('label'), { title: 'It stays on this machine' });
  label.append(input, Object.assign(document.createElement('span'), { id: 'file-name', textContent: 'Open a file…' }));
  choices.append(label);
}
