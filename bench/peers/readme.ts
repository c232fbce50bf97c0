import { CommandError } from '../../cli/command-error.js';

const begin = '<!-- bench:peers, written by the command -->';
const end = '<!-- /bench:peers -->';

/** The page with the block between the two markers replaced by lines in a fence. @throws CommandError `output-failed`. */
export function withReport(page: string, lines: readonly string[]): string {
  const [before, ...rest] = page.split(begin);
  const [old, after] = rest.join(begin).split(end);
  if (before === undefined || old === undefined || after === undefined)
    throw new CommandError('output-failed', `the page has no block between '${begin}' and '${end}'`);
  return [before, begin, '\n\n```\n', lines.join('\n'), '\n```\n\n', end, after].join('');
}
