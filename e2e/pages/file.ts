import { openFile } from '../../plugin/adapters/mediabunny.js';
import * as vitreous from '../../plugin/index.js';
import { type Played, playSource, playVideo } from './film-probe.js';
import { SoundRecorder } from './sound-recorder.js';

declare global {
  interface Window {
    /** What the page of the file source offers to its tests. */
    files: {
      openFile: typeof openFile;
      enhance(source: vitreous.FileSource, options?: vitreous.EnhanceOptions): Promise<vitreous.Enhanced>;
      VitreousError: typeof vitreous.VitreousError;
      source?: vitreous.FileSource;
    };
    /** How files are played, by us and by a `<video>`. */
    films: {
      playSource(url: string, positions: readonly number[]): Promise<Played>;
      playVideo(url: string, positions: readonly number[]): Promise<Played>;
      /** A source whose sound is recorded. */
      openRecorded(url: string): Promise<RecordedSource>;
    };
  }
}

interface RecordedSource {
  readonly context: AudioContext;
  readonly recorder: SoundRecorder;
  readonly source: vitreous.FileSource;
  /** Resolves when it has played up to there. */
  reach(seconds: number): Promise<void>;
  /** Lets frames go by. */
  readonly sink: Parameters<vitreous.FileSource['start']>[0];
}

const canvas = document.querySelector('canvas');
if (!canvas) throw new Error('no <canvas> on the page');
window.files = {
  openFile,
  enhance: (source, options) =>
    vitreous.enhance(source, { canvas, upscale: { quality: 'S', force: true }, ...options }),
  VitreousError: vitreous.VitreousError,
};
window.films = {
  playSource: async (url, positions) => playSource(await openFile(url), positions),
  playVideo: async (url, positions) => {
    const video = document.body.appendChild(Object.assign(document.createElement('video'), { muted: true, width: 32 }));
    try {
      return await playVideo(video, url, positions);
    } finally {
      video.remove();
    }
  },
  openRecorded: async (url) => {
    const context = new AudioContext();
    const recorder = await SoundRecorder.open(context);
    const source = await openFile(url, { audioDestination: recorder.node });
    const reach = async (seconds: number) => {
      while (source.currentTime < seconds || source.currentTime > seconds + 1.5)
        await new Promise((resolve) => setTimeout(resolve, 5));
    };
    return {
      context,
      recorder,
      source,
      reach,
      sink: {
        frame: () => {},
        trouble: (error) => {
          throw error;
        },
        reset: () => {},
      },
    };
  },
};
document.documentElement.dataset.ready = 'true';
