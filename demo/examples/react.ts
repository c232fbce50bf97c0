import { createElement, StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { type Enhanced, type EnhanceSettings, enhance } from 'vitreous';
import { force, tell } from './notice.js';

/** The enhancement of a video while it is mounted; settings may change. */
function useEnhanced(video: HTMLVideoElement | null, settings: EnhanceSettings): Enhanced | undefined {
  const [enhanced, setEnhanced] = useState<Enhanced>();
  const settingsKey = JSON.stringify(settings); // settings of equal content are the same settings
  useEffect(() => {
    if (!video) return;
    const unmounted = new AbortController(); // ends start-up, later the enhancement
    enhance(video, { signal: unmounted.signal, upscale: { force } }).then(setEnhanced, (reason) => {
      if (!unmounted.signal.aborted) tell(reason); // the native video plays on
    });
    return () => {
      setEnhanced(undefined);
      unmounted.abort();
    };
  }, [video]);
  useEffect(() => enhanced?.set(JSON.parse(settingsKey)), [enhanced, settingsKey]);
  return enhanced;
}

function Film() {
  const [video, setVideo] = useState<HTMLVideoElement | null>(null);
  const [split, setSplit] = useState(false);
  const enhanced = useEnhanced(video, { upscale: { quality: 'auto' }, compare: split && 0.5 });
  const film = { src: '/clips/bunny-180p.mp4', width: 960, autoPlay: true, muted: true, loop: true, ref: setVideo };
  return [
    createElement('video', { key: 'film', ...film }),
    createElement(
      'button',
      { key: 'split', type: 'button', onClick: () => setSplit(!split) },
      split ? 'No split' : 'Split',
    ),
    createElement('output', { key: 'state' }, enhanced?.state ?? 'native'),
  ];
}

const app = document.querySelector('#app') ?? document.body.appendChild(document.createElement('div'));
createRoot(app).render(createElement(StrictMode, null, createElement(Film)));
