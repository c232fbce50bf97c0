import 'video.js/dist/video-js.css';
import videojs from 'video.js';
import type Player from 'video.js/dist/types/player';
import type { VideojsEnhancement, VideojsOptions } from 'vitreous/videojs';
import 'vitreous/videojs';

declare global {
  interface Window {
    player: Player;
    plugin: VideojsEnhancement;
    /** Makes the player with the plugin in its options, as pages do. */
    startPlayer(sources: { src: string; poster?: string }, options: VideojsOptions): void;
    /** `play()` of Video.js 8 never resolves when `loadstart` comes before it has noted its new source: this waits for the source. */
    playLoaded(): Promise<void>;
    /** Resolves once the plugin's state is this one. */
    pluginReached(state: VideojsEnhancement['state']): Promise<void>;
  }
}

window.startPlayer = ({ src, poster }, options) => {
  const made = videojs('film', { poster, sources: [{ src, type: 'video/mp4' }], plugins: { vitreous: options } });
  window.player = made;
  // A basic plugin's method gives the one that is there already.
  window.plugin = (made as Player & { vitreous(): VideojsEnhancement }).vitreous();
};

window.playLoaded = async () => {
  const { player } = window;
  // Undefined as long as video.js has no element of its own yet; a play() before that may be lost.
  if (!(player.readyState() >= HTMLMediaElement.HAVE_CURRENT_DATA))
    await new Promise<void>((resolve) => player.one('loadeddata', () => resolve()));
  await player.play();
};

window.pluginReached = (state) =>
  new Promise((resolve) => {
    const check = () => {
      if (window.plugin.state !== state) return;
      window.plugin.removeEventListener('statechange', check);
      resolve();
    };
    window.plugin.addEventListener('statechange', check);
    check();
  });

document.documentElement.dataset.ready = 'true';
