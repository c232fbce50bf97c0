import { readdirSync, readFileSync } from 'node:fs';
import { dirname, posix, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { defineConfig, type ViteUserConfig as UserConfig } from 'vitest/config';
import { useSoftwareGpu } from './cli/gpu/software-gpu.mjs';
import { bundledLibrary } from './e2e/setup/bundled-library.mjs';
import { describeShader } from './e2e/shaders/describe.js';
import { entryPoints, peers } from './tools/entry-points.mjs';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Removes comments and blank lines. Neither WGSL nor GLSL has string literals; block comments nest, which GLSL here has none of. */
function stripComments(source: string): string {
  let text = '';
  let depth = 0;
  for (let at = 0; at < source.length; ) {
    if (source.startsWith('/*', at)) {
      depth++;
      at += 2;
    } else if (depth > 0 && source.startsWith('*/', at)) {
      depth--;
      at += 2;
      // A comment separates tokens as a space does.
      if (depth === 0) text += ' ';
    } else if (depth > 0) {
      at++;
    } else if (source.startsWith('//', at)) {
      const end = source.indexOf('\n', at);
      at = end < 0 ? source.length : end;
    } else {
      text += source.charAt(at++);
    }
  }
  const lines = text.split('\n').map((line) => line.trim());
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}

/** Removes comments, blank lines and spaces beside punctuation, but between two operators, which would be another one together. */
export function stripWgsl(source: string): string {
  const text = stripComments(source);
  const isOperator = (sign: string): boolean => /[-+*/%&|<>=!^~]/.test(sign);
  return text.replace(/(?<=(\S)) +(?=(\S))/g, (_spaces, before: string, after: string) =>
    (/\w/.test(before) && /\w/.test(after)) || (isOperator(before) && isOperator(after)) ? ' ' : '',
  );
}

/**
 * Imports a `.wgsl` or `.glsl` file as its text; a build of the library ships it without comments. Of a `.wgsl` file `shader` is the text with what it says
 * about itself.
 */
function wgslText(strip: boolean): Plugin {
  return {
    name: 'vitreous:wgsl-text',
    enforce: 'pre',
    load(id) {
      const [file = id] = id.split('?');
      if (!/\.(wgsl|glsl)$/.test(file)) return null;
      const source = readFileSync(file, 'utf8');
      const text = JSON.stringify(strip ? (file.endsWith('.wgsl') ? stripWgsl : stripComments)(source) : source);
      const named = file.endsWith('.wgsl')
        ? `export const shader = { source, ${JSON.stringify(describeShader(source)).slice(1)};`
        : '';
      return { code: `const source = ${text};\nexport default source;\n${named}`, moduleType: 'js', map: null };
    },
  };
}

/** Of the manifests of networks, a build of the library leaves out how they were trained: nothing at run time reads it. */
function shippedManifests(): Plugin {
  return {
    name: 'vitreous:shipped-manifests',
    enforce: 'pre',
    apply: 'build',
    load(id) {
      if (!/\/models\/.+\/manifest\.json$/.test(id)) return null;
      const manifest: unknown = JSON.parse(readFileSync(id, 'utf8'));
      return JSON.stringify(manifest, (key, value: unknown) => (key === 'provenance' ? undefined : value));
    },
  };
}

/**
 * Ships the files named by `new URL('./weights.safetensors', import.meta.url)` beside the code. Vite's library mode would inline
 * them as base64. The output keeps the same pattern, with the path seen from the chunk, so that bundlers find the file.
 */
function shippedAssets(): Plugin {
  const pattern = /new URL\(\s*(['"])(\.[^'"]+\.safetensors)\1\s*,\s*import\.meta\.url\s*\)/g;
  // Vite must leave the placeholder alone here, but see the final path when it bundles a user's page: the comment goes.
  const placeholder = /(?:\/\*\s*@vite-ignore\s*\*\/\s*)?(['"`])__SHIPPED__([^'"`]+?)__SHIPPED__\1/g;
  return {
    name: 'vitreous:shipped-assets',
    enforce: 'pre',
    apply: 'build',
    transform(code, id) {
      if (!code.includes('.safetensors')) return null;
      const replaced = code.replace(pattern, (_match, _quote, path: string) => {
        const file = resolve(dirname(id), path);
        const fileName = relative(root, file).split(sep).join('/');
        this.emitFile({ type: 'asset', fileName, source: readFileSync(file) });
        return `new URL(/* @vite-ignore */ '__SHIPPED__${fileName}__SHIPPED__', import.meta.url)`;
      });
      return replaced === code ? null : { code: replaced, map: null };
    },
    renderChunk(code, chunk) {
      if (!code.includes('__SHIPPED__')) return null;
      const folder = posix.dirname(chunk.fileName);
      const replaced = code.replace(placeholder, (_match, quote: string, fileName: string) => {
        const path = posix.relative(folder, fileName);
        return `${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`;
      });
      return { code: replaced, map: null };
    },
  };
}

/** The demo and its examples. */
function pages(): string[] {
  const examples = resolve(root, 'demo/examples');
  const files = readdirSync(examples).filter((file) => file.endsWith('.html'));
  return [resolve(root, 'demo/index.html'), ...files.map((file) => resolve(examples, file))];
}

/** Whether a module names files that {@link shippedAssets} ships. */
const namesShipped = (id: string) => /\/models\/.+\.ts$/.test(id) && readFileSync(id, 'utf8').includes('.safetensors');

/** The package's command: what Node runs, built beside the library, whose files of weights it reads. */
const commandBuild: UserConfig = {
  root,
  publicDir: false,
  plugins: [wgslText(true), shippedManifests()],
  build: {
    ssr: resolve(root, 'cli/vitreous.ts'),
    target: 'node20',
    outDir: resolve(root, 'dist/cli'),
    emptyOutDir: true,
    rolldownOptions: { output: { chunkFileNames: '[name]-[hash].js' } },
  },
};

/**
 * `vite build` builds the library, `vite build --mode node` its command, `vite build --mode demo` the demo; `vite` serves the demo, `vite --mode e2e`
 * the tests' pages too.
 */
export default defineConfig(({ command, mode }) => {
  if (command === 'build' && mode === 'node') return commandBuild;
  useSoftwareGpu();
  const library = command === 'build' && mode !== 'demo';
  return {
    root: mode === 'e2e' || mode === 'cli' || library || process.env.VITEST ? root : resolve(root, 'demo'),
    base: command === 'build' ? './' : '/',
    publicDir: library ? false : resolve(root, 'demo/public'),
    cacheDir: resolve(root, 'node_modules/.vite'),
    plugins: [
      wgslText(command === 'build'),
      ...(library ? [shippedAssets(), shippedManifests()] : []),
      ...(mode === 'e2e' ? [bundledLibrary()] : []),
    ],
    // The examples import the package by its name.
    resolve: {
      alias: library
        ? []
        : [
            { find: /^vitreous$/, replacement: resolve(root, 'plugin/index.ts') },
            ...entryPoints.map(({ name, source }) => ({ find: `vitreous/${name}`, replacement: source })),
          ],
    },
    // Found by name, not while a page loads: a late find would reload the page in the middle of a test.
    optimizeDeps: {
      include: [
        '@tensorflow/tfjs-backend-webgpu',
        '@tensorflow/tfjs-converter',
        '@tensorflow/tfjs-core',
        'custom-media-element',
        'hls.js',
        'media-chrome',
        'mediabunny',
        'react',
        'react-dom/client',
        'regl',
        'shaka-player',
        'three',
        'three/webgpu',
        'video.js',
      ],
      noDiscovery: true,
    },
    // A test's page must not reload because a file was edited meanwhile.
    server: { host: 'localhost', fs: { allow: [root] }, ...(mode === 'e2e' ? { hmr: false, watch: null } : {}) },
    preview: { host: 'localhost' },
    build: library
      ? {
          target: 'es2022',
          outDir: resolve(root, 'dist'),
          emptyOutDir: true,
          minify: true,
          lib: {
            entry: Object.fromEntries(entryPoints.map(({ name, source }) => [name, source])),
            formats: ['es' as const],
          },
          rolldownOptions: {
            external: peers.map((peer) => new RegExp(`^${peer}(/|$)`)),
            // No comment a file with its path: 3 kB of the library, gzipped.
            experimental: { attachDebugInfo: 'none' },
            output: {
              // What names shipped files lies beside their folder: a bundle of it, which has it beside itself, finds a copy there.
              chunkFileNames: ({ moduleIds }) =>
                moduleIds.some(namesShipped) ? '[name]-[hash].js' : 'chunks/[name]-[hash].js',
            },
          },
        }
      : {
          target: 'es2022',
          outDir: resolve(root, 'demo/dist'),
          emptyOutDir: true,
          // Weights are fetched with progress and checked by hash: a file, never a data URL.
          assetsInlineLimit: 0,
          rolldownOptions: { input: pages() },
        },
    test: {
      projects: [
        {
          extends: true as const,
          test: {
            name: 'unit',
            environment: 'node',
            include: ['{plugin,models,cli,demo,e2e,tools,bench}/**/*.test.ts'],
            exclude: ['**/*.gpu.test.ts', '**/node_modules/**', '**/dist/**'],
          },
        },
        {
          extends: true as const,
          test: {
            name: 'gpu',
            environment: 'node',
            include: ['{plugin,models,cli,bench}/**/*.gpu.test.ts'],
            setupFiles: ['plugin/engine/testing/without-f16.ts'],
            exclude: ['**/node_modules/**', '**/dist/**'],
            // One process and one Dawn instance: software GPUs are slow to start and use every core.
            pool: 'forks' as const,
            maxWorkers: 1,
            isolate: false,
            fileParallelism: false,
            testTimeout: 120_000,
            hookTimeout: 120_000,
          },
        },
      ],
    },
  };
});
