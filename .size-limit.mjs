import { allChunks, staticClosure } from './e2e/library-chunks.mjs';

// Gzipped budgets. The root import is what every page of a site pays before any video plays.
export default [
  { name: "import 'vitreous'", path: staticClosure('index.js'), limit: '10 kB', gzip: true },
  {
    name: "import 'vitreous/mediabunny' (without mediabunny)",
    path: staticClosure('mediabunny.js'),
    limit: '15 kB',
    gzip: true,
  },
  { name: 'all code and shaders of the library', path: allChunks(), limit: '76 kB', gzip: true },
];
