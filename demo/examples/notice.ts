// What the examples here say where they cannot enhance: the reason, below the picture, and a way on. A page of your own has its own words.

/** `?software` in the address: networks run on a software GPU too, slowly. */
export const force = new URLSearchParams(location.search).has('software');

/** The page's place for reasons, made when first needed. */
function notice(): HTMLElement {
  const known = document.querySelector<HTMLElement>('.notice');
  if (known) return known;
  const made = document.createElement('div');
  made.className = 'notice';
  made.setAttribute('role', 'status');
  (document.querySelector('main') ?? document.body).append(made);
  return made;
}

/** A reason's own line: one that comes again takes the place of its former self. */
function line(code: string): HTMLElement {
  const known = notice().querySelector<HTMLElement>(`[data-code="${code}"]`);
  if (known) return known;
  const made = document.createElement('p');
  made.dataset.code = code;
  notice().append(made);
  return made;
}

/** Says why there is no enhanced picture: of an error, or of a `fallback` or `stagefailure` event. */
export function tell(reason: unknown): void {
  const { code, message } = reason instanceof Object ? (reason as { code?: unknown; message?: unknown }) : {}; // Both are checked.
  const said = line(typeof code === 'string' ? code : 'other');
  said.textContent = typeof message === 'string' ? message : String(reason);
  if (code !== 'software-adapter' || force) return;
  const address = new URL(location.href);
  address.searchParams.set('software', '');
  const link = Object.assign(document.createElement('a'), { href: address.href, textContent: 'Run it anyway, slowly' });
  said.append(' ', link, '.');
}

/**
 * For `catch`: says why, and what follows never runs. `video`: shown in place of the canvas that it would have been drawn on, where it is on no
 * page yet.
 */
export function stayNative(reason: unknown, video?: HTMLVideoElement): Promise<never> {
  tell(reason);
  if (video && !video.isConnected) {
    for (const canvas of document.querySelectorAll('main canvas')) canvas.remove();
    Object.assign(video, { controls: true, width: 960 });
    document.querySelector('main')?.prepend(video);
  }
  return new Promise(() => {});
}

/** For `catch` of `getUserMedia`: says that there is no camera, and offers a clip on a canvas instead. */
export function offerTestPicture(reason: unknown): Promise<MediaStream> {
  tell(`No camera: ${reason instanceof Error ? reason.message : String(reason)}.`);
  const button = Object.assign(document.createElement('button'), { type: 'button', textContent: 'Use a test picture' });
  line('other').append(' ', button);
  return new Promise((resolve) => {
    button.addEventListener('click', () => {
      line('other').remove();
      resolve(testPicture());
    });
  });
}

/** A clip, drawn on a canvas that is on no page. */
async function testPicture(): Promise<MediaStream> {
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
  const context = canvas.getContext('2d');
  const clip = Object.assign(document.createElement('video'), {
    src: '/clips/bunny-180p.mp4',
    muted: true,
    loop: true,
  });
  const draw = () => {
    context?.drawImage(clip, 0, 0, canvas.width, canvas.height);
    clip.requestVideoFrameCallback(draw);
  };
  clip.requestVideoFrameCallback(draw);
  await clip.play();
  return canvas.captureStream();
}
