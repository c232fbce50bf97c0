// Who may import whom. Data flows source → ingest → upscale / detect → compose → present; only session/ knows that order.
// Each folder of plugin/ is listed with the other folders it may import; everything unlisted is forbidden.
const layers = {
  core: [],
  gpu: ['core'],
  engine: ['core', 'gpu'],
  source: ['core'],
  ingest: ['core', 'gpu'],
  upscale: ['core', 'gpu', 'engine'],
  detect: ['core', 'gpu', 'engine'],
  track: ['core'],
  compose: ['core', 'gpu'],
  present: ['core', 'gpu'],
  webgl: ['core', 'engine', 'compose'],
  session: [
    'core',
    'gpu',
    'engine',
    'source',
    'ingest',
    'upscale',
    'detect',
    'track',
    'compose',
    'present',
    'webgl',
    'catalog',
  ],
  player: ['core', 'session'],
  element: ['core', 'session', 'player'],
  adapters: ['index', 'core', 'player'],
};

/** The rooms of plugin/session, lower first: each may import those before it. What stands above them all may import every room. */
const sessionRooms = ['api', 'draw', 'pace', 'looks', 'page'];

const tests = '[.]test[.]ts$|/testing/';

const layerRules = Object.entries(layers).map(([folder, allowed]) => ({
  name: `plugin/${folder}`,
  comment: `plugin/${folder} may import only itself${allowed.length > 0 ? `, ${allowed.join(', ')}` : ''} and its shaders.`,
  severity: 'error',
  from: { path: `^plugin/${folder}/`, pathNot: tests },
  to: {
    path: '^(plugin|models|shaders|cli|demo|e2e|tools|bench)/',
    pathNot: `^plugin/(${[folder, ...allowed].join('|')})(/|[.]ts$)|^shaders/(${folder}|prelude)/`,
  },
}));

const roomRules = sessionRooms.map((room, at) => ({
  name: `plugin/session/${room}`,
  comment: `plugin/session/${room} may import only itself${at > 0 ? `, ${sessionRooms.slice(0, at).join(', ')}` : ''} of the session.`,
  severity: 'error',
  from: { path: `^plugin/session/${room}/`, pathNot: tests },
  to: { path: '^plugin/session/', pathNot: `^plugin/session/(${sessionRooms.slice(0, at + 1).join('|')})/` },
}));

/** What each adapter may import beside the library: its peer. Types of a peer come from its own package or @types/. */
const adapterPeers = {
  mediabunny: 'mediabunny',
  hls: 'hls[.]js',
  three: '(@types/)?three',
  regl: 'regl',
  videojs: 'video[.]js',
  tfjs: '@tensorflow/tfjs-[a-z-]+',
};

const peerRules = [
  ...Object.entries(adapterPeers).map(([adapter, peer]) => ({
    name: `plugin/adapters/${adapter}`,
    comment: `plugin/adapters/${adapter}.ts imports the package that it is for and no other.`,
    severity: 'error',
    from: { path: `^plugin/adapters/${adapter}([.]ts$|/)`, pathNot: tests },
    to: { path: 'node_modules/', pathNot: `node_modules/${peer}/` },
  })),
  {
    name: 'other adapters',
    comment: 'An adapter that is not listed above has no peer.',
    severity: 'error',
    from: {
      path: '^plugin/adapters/',
      pathNot: `^plugin/adapters/(${Object.keys(adapterPeers).join('|')})([.]ts$|/)|${tests}`,
    },
    to: { path: 'node_modules/' },
  },
];

module.exports = {
  forbidden: [
    ...layerRules,
    ...roomRules,
    {
      name: 'plugin/index',
      comment: 'The entry points reach the rest through session/ and element/ alone (and the types of core/).',
      severity: 'error',
      from: { path: '^plugin/(index|element)[.]ts$' },
      to: { path: '^(plugin|models|shaders)/', pathNot: '^plugin/(session|core|element|player)/' },
    },
    {
      name: 'only catalog knows models',
      severity: 'error',
      from: { path: '^plugin/', pathNot: `^plugin/catalog[.]ts$|${tests}` },
      to: { path: '^models/' },
    },
    {
      name: 'plugin/catalog',
      comment: 'Of the stages that run models, the catalog knows the type of model, and what makes a detector.',
      severity: 'error',
      from: { path: '^plugin/catalog[.]ts$' },
      to: { path: '^plugin/', pathNot: '^plugin/(core|gpu|engine|detect)/|^plugin/upscale/model[.]ts$' },
    },
    {
      name: 'models import the engine only',
      comment: 'And the errors of core/.',
      severity: 'error',
      from: { path: '^models/([^/]+)/', pathNot: tests },
      to: { path: '^(plugin|models|shaders|cli|demo|e2e|tools|bench)/', pathNot: '^plugin/(core|engine)/|^models/$1/' },
    },
    {
      name: 'the library imports neither commands, demo nor tests',
      severity: 'error',
      from: { path: '^(plugin|models)/', pathNot: tests },
      to: { path: `^(cli|demo|e2e|tools|bench)/|${tests}` },
    },
    {
      name: 'commands stand alone',
      comment: 'What users run in Node ships: it needs neither demo, benches nor tests.',
      severity: 'error',
      from: { path: '^cli/', pathNot: tests },
      to: { path: `^(demo|e2e|bench)/|${tests}` },
    },
    {
      name: 'no npm packages in the library',
      severity: 'error',
      from: { path: '^(plugin|models)/', pathNot: `^plugin/adapters/|${tests}` },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg'] },
    },
    ...peerRules,
    {
      name: 'no Node modules in the library',
      severity: 'error',
      from: { path: '^(plugin|models)/', pathNot: tests },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no cycles in the engine, not even of types',
      severity: 'error',
      from: { path: '^plugin/engine/' },
      to: { circular: true },
    },
    {
      name: 'imports resolve',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(demo/)?dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.cjs', '.d.ts', '.json'],
    },
  },
};
