// Compares the built types with the committed API report, docs/vitreous.api.md: `npm run check:api`. A change of the public API shows
// as a change of that file; `npm run check:api -- --write` renews it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { entryPoints } from './entry-points.mjs';

const root = join(import.meta.dirname, '..');
const write = process.argv.includes('--write');
/** Types of each entry point, by the name of its report. */
const reports = Object.fromEntries(
  entryPoints.map(({ name, types }) => [name === 'index' ? 'vitreous' : `vitreous-${name}`, types]),
);
const scratch = mkdtempSync(join(tmpdir(), 'vitreous-api-'));
let failed = false;
try {
  for (const [name, entry] of Object.entries(reports)) {
    const config = ExtractorConfig.prepare({
      packageJsonFullPath: join(root, 'package.json'),
      configObjectFullPath: undefined,
      configObject: {
        projectFolder: root,
        mainEntryPointFilePath: entry,
        compiler: { tsconfigFilePath: join(root, 'tsconfig.build.json'), skipLibCheck: true },
        newlineKind: 'lf',
        apiReport: {
          enabled: true,
          reportFileName: `${name}.api.md`,
          reportFolder: join(root, 'docs'),
          reportTempFolder: scratch,
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        messages: {
          // Release tags are not used; check:docs asks for the comments themselves.
          extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
          tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        },
      },
    });
    const { apiReportChanged } = Extractor.invoke(config, {
      localBuild: write,
      messageCallback: (message) => {
        // Its banner about compiler versions is no news; errors are.
        message.handled = message.logLevel !== ExtractorLogLevel.Error;
      },
    });
    if (apiReportChanged && !write) {
      failed = true;
      console.error(`the public API differs from docs/${name}.api.md: \`npm run check:api -- --write\` renews it`);
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
