// Hours of a viewer in minutes, in a real Chromium: plays, seeks, switches sources, loses devices and the whole GPU process, in an order that
// the seed tells. `npm run soak -- [--minutes M] [--seed N]`; the exit code is 1 after any loss. Ctrl-C ends it
// with what was found so far.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Interruption } from '../../bench/interruption.js';
import { CommandError, reportErrors } from '../../cli/command-error.js';
import { openSoakBrowser } from './browser.js';
import { BrowserDeadlock, Driver, SoakLoss } from './driver.js';
import { makeFilms } from './films.js';
import { type Action, losses, plan } from './plan.js';
import { Record } from './record.js';

/** Chromium 156 now and then waits for a lock that it holds itself. */
const mostDeadlocks = 3;

function readOptions(args: string[]): { minutes: number; seed: number } {
  let values: { minutes: string; seed?: string };
  try {
    const options = { minutes: { type: 'string', default: '30' }, seed: { type: 'string' } } as const;
    ({ values } = parseArgs({ args, options }));
  } catch (cause) {
    const usage = 'usage: npm run soak -- [--minutes M] [--seed N]';
    throw new CommandError('usage', `${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, cause);
  }
  const minutes = Number(values.minutes);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  if (!(minutes > 0)) throw new CommandError('usage', `--minutes must be a positive number, got '${values.minutes}'`);
  if (!Number.isInteger(seed)) throw new CommandError('usage', `--seed must be a whole number, got '${values.seed}'`);
  return { minutes, seed };
}

async function soak(minutes: number, seed: number): Promise<number> {
  console.log(`soak: seed ${seed}, ${minutes} minutes`);
  const interruption = new Interruption();
  const urls = makeFilms();
  let browser = await openSoakBrowser();
  const driver = new Driver(browser, urls);
  const record = new Record();
  const { tally } = driver;
  const injected = (): string => losses.map((how) => `${how} ${tally.injected.get(how) ?? 0}`).join(', ');
  let toldMinutes = 0;
  let loss: string | undefined;
  let deadlocks = 0;
  /** Until the next round: what the plan would do to videos that are gone. */
  let skipping = false;
  const carryOut = async (action: Action): Promise<void> => {
    try {
      await driver.act(action);
      if (action.kind === 'rest') record.rest(await driver.rest());
    } catch (thrown) {
      if (!(thrown instanceof BrowserDeadlock)) throw thrown;
      deadlocks++;
      const at = `action ${record.actions.length}: ${JSON.stringify(action)}`;
      console.log(`${thrown.message}, at ${at}; another one is started`);
      if (deadlocks > mostDeadlocks) throw new SoakLoss('the browser locks itself out again and again');
      await browser.close();
      browser = await openSoakBrowser();
      driver.moveTo(browser);
      skipping = action.kind !== 'rest';
    }
  };
  try {
    for (const planned of plan(seed)) {
      const { elapsedMinutes } = record;
      if (interruption.ended || (elapsedMinutes >= minutes && record.rested)) break;
      const action: Action = elapsedMinutes < minutes ? planned : { kind: 'rest' };
      if (Math.floor(elapsedMinutes) > toldMinutes) {
        toldMinutes = Math.floor(elapsedMinutes);
        console.log(`${toldMinutes} min: ${record.actions.length} actions, ${tally.pictures} pictures; ${injected()}`);
      }
      if (skipping && action.kind !== 'rest') continue;
      skipping = false;
      record.actions.push(action);
      await interruption.unless(carryOut(action));
      if (browser.uncaught.length > 0 && !interruption.ended)
        throw new SoakLoss(`uncaught: ${browser.uncaught.join('\n')}`);
    }
    if (!interruption.ended) loss = record.growth();
  } catch (thrown) {
    if (thrown instanceof SoakLoss) loss = thrown.message;
    else loss = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    const picture = resolve(import.meta.dirname, '../../node_modules/.cache/soak.png');
    await browser.page.screenshot({ path: picture, timeout: 10_000 }).catch(() => {});
    console.log(`the last actions:\n${record.lastActions()}\nthe page: ${picture}\n${await driver.describe()}`);
  } finally {
    await browser.close();
  }
  if (process.env.VITREOUS_REPORT)
    writeFileSync(
      process.env.VITREOUS_REPORT,
      JSON.stringify({ passed: loss ? 0 : 1, failed: loss ? [`soak, seed ${seed}: ${loss}`] : [], skipped: [] }),
    );
  console.log(record.table());
  const survived = losses.map((how) => `${how} ${tally.survived.get(how) ?? 0}/${tally.injected.get(how) ?? 0}`);
  if (deadlocks > 0) survived.push(`locked out by the browser itself ${deadlocks}`);
  console.log(
    `${record.elapsedMinutes.toFixed(1)} minutes, seed ${seed}: ${record.actions.length} actions, ${tally.framesShown} frames shown, ` +
      `${tally.pictures} pictures read, ${tally.comparisons} compared with the native one (mean difference at most ` +
      `${tally.largestDifference.toFixed(1)} of 255), survived: ${survived.join(', ')}; ${loss ? `LOST: ${loss}` : 'nothing lost'}`,
  );
  return interruption.exitCode(loss ? 1 : 0);
}

export function main(args: string[]): Promise<number> {
  return reportErrors(async () => {
    const { minutes, seed } = readOptions(args);
    return soak(minutes, seed);
  });
}
