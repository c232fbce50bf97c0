import { allChunks, staticClosure } from './tools/library-chunks.mjs';

// Gzipped budgets. The root import is what every page of a site pays before any video plays.
export default [
  { name: "import 'vitreous'", path: staticClosure('index.js'), limit: '10 kB', gzip: true },
  {
    name: "import 'vitreous/mediabunny' (without mediabunny)",
    path: staticClosure('mediabunny.js'),
    limit: '15 kB',
    gzip: true,
  },
  { name: "import 'vitreous/element'", path: staticClosure('element.js'), limit: '15 kB', gzip: true },
  {
    name: "import 'vitreous/videojs' (without video.js)",
    path: staticClosure('videojs.js'),
    limit: '15 kB',
    gzip: true,
  },
  { name: "import 'vitreous/hls' (without hls.js)", path: staticClosure('hls.js'), limit: '5 kB', gzip: true },
  { name: "import 'vitreous/whep'", path: staticClosure('whep.js'), limit: '5 kB', gzip: true },
  { name: "import 'vitreous/whip'", path: staticClosure('whip.js'), limit: '5 kB', gzip: true },
  { name: "import 'vitreous/three' (without three)", path: staticClosure('three.js'), limit: '3 kB', gzip: true },
  { name: "import 'vitreous/regl' (without regl)", path: staticClosure('regl.js'), limit: '2 kB', gzip: true },
  { name: "import 'vitreous/tfjs' (without TF.js)", path: staticClosure('tfjs.js'), limit: '7 kB', gzip: true },
  { name: 'all code and shaders of the library', path: allChunks(), limit: '232 kB', gzip: true },
  {
    name: 'weights of the prompt model',
    path: ['dist/models/promptvit/weights.safetensors', 'dist/models/promptvit/text/weights.safetensors'],
    limit: '14 MB',
    gzip: false,
    brotli: false,
  },
];
