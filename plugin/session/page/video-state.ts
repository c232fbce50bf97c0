/** What a `<video>` is up to that its frames do not tell. */
export class VideoState {
  readonly #video: HTMLVideoElement;
  readonly #listening = new AbortController();
  #encrypted = false;

  constructor(video: HTMLVideoElement, onChange: () => void) {
    this.#video = video;
    const { signal } = this.#listening;
    video.addEventListener('enterpictureinpicture', onChange, { signal });
    video.addEventListener('leavepictureinpicture', onChange, { signal });
    const setEncrypted = (encrypted: boolean) => {
      this.#encrypted = encrypted;
      onChange();
    };
    video.addEventListener('encrypted', () => setEncrypted(true), { signal });
    video.addEventListener('emptied', () => setEncrypted(false), { signal });
  }

  get pictureInPicture(): boolean {
    return this.#video.ownerDocument.pictureInPictureElement === this.#video;
  }

  get encrypted(): boolean {
    return this.#encrypted || this.#video.mediaKeys != null; // Absent in insecure contexts and some browsers.
  }

  close(): void {
    this.#listening.abort();
  }
}
