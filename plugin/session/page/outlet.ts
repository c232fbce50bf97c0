import { CanvasPresenter } from '../../present/canvas-presenter.js';
import { CanvasSurface } from '../../present/canvas-surface.js';
import { OffPagePresenter } from '../../present/off-page-presenter.js';
import { OverlayPresenter } from '../../present/overlay-presenter.js';
import type { Presenter } from '../../present/presenter.js';
import type { Surface } from '../../present/surface.js';
import { TextureSurface } from '../../present/texture-surface.js';
import type { EnhanceOptions } from '../api/options.js';
import type { SessionTarget } from '../api/targets.js';

/** Where a session's picture goes. */
export interface Outlet {
  readonly presenter: Presenter;
  readonly surface: Surface;
}

export interface OutletEvents {
  /** The page has changed: the picture's place, or whether it can be seen. */
  readonly changed: () => void;
  /** Pixels of the picture a pixel of the source, for a picture that is not on the page. */
  readonly scale: () => number;
}

/** @throws TypeError where there is nothing to draw on. */
export function openOutlet(
  target: SessionTarget,
  { output = 'page', canvas }: EnhanceOptions,
  { changed, scale }: OutletEvents,
): Outlet {
  if (output !== 'page') {
    const presenter = new OffPagePresenter(canvas ?? document.createElement('canvas'), scale);
    return { presenter, surface: output === 'texture' ? new TextureSurface() : new CanvasSurface(presenter.canvas) };
  }
  const presenter = onPage(target, canvas, changed);
  return { presenter, surface: new CanvasSurface(presenter.canvas) };
}

function onPage(target: SessionTarget, canvas: HTMLCanvasElement | undefined, changed: () => void): Presenter {
  if ('videoWidth' in target) return new OverlayPresenter(target, changed);
  if (canvas) return new CanvasPresenter(canvas, changed);
  throw new TypeError('options.canvas must be an HTMLCanvasElement for a source that is no <video>');
}
