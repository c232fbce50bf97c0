import { openFile } from '../../plugin/adapters/mediabunny.js';
import * as vitreous from '../../plugin/index.js';

declare global {
  interface Window {
    /** What the page of the file source offers to its tests. */
    files: {
      openFile: typeof openFile;
      enhance(source: vitreous.FileSource, options?: vitreous.EnhanceOptions): Promise<vitreous.Enhanced>;
      VitreousError: typeof vitreous.VitreousError;
      source?: vitreous.FileSource;
    };
  }
}

const canvas = document.querySelector('canvas');
if (!canvas) throw new Error('no <canvas> on the page');
window.files = {
  openFile,
  enhance: (source, options) =>
    vitreous.enhance(source, { canvas, upscale: { quality: 'S', force: true }, ...options }),
  VitreousError: vitreous.VitreousError,
};
document.documentElement.dataset.ready = 'true';
