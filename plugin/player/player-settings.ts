import type { EnhanceSettings } from '../session/api/options.js';
import { changeSettings, type Settings, settingsDefaults } from '../session/api/validate.js';

/** Every setting of a player. */
export type PlayerSettings = Settings;

/**
 * A player's settings after a partial change; without former ones, of the defaults.
 *
 * @throws TypeError naming the option, before anything changes.
 */
export function playerSettings(change: EnhanceSettings, current: PlayerSettings = settingsDefaults): PlayerSettings {
  return changeSettings(change, current);
}
