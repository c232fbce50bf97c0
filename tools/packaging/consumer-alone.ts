// A user's page without any other package: see consumer.ts. Its compiler knows of WebGPU and of explicit disposal what the version brings.
import {
  type EnhanceTarget,
  type ErrorCode,
  enhance,
  probe,
  setAssets,
  type Tier,
  tiers,
  VitreousError,
} from 'vitreous';
import 'vitreous/element';
import { connectWhep } from 'vitreous/whep';
import { publish } from 'vitreous/whip';

export async function alone(target: EnhanceTarget): Promise<ErrorCode | undefined> {
  setAssets('/vitreous/');
  const { availability, error } = await probe();
  const enhanced = await enhance(target, { onProgress: ({ phase }) => console.log(phase) });
  try {
    enhanced.addEventListener('detections', ({ detections }) => console.log(detections.map(({ prompt }) => prompt)));
    enhanced.addEventListener('fallback', ({ code }) => console.log(code));
    const tier: Tier | 'custom' | 'none' | undefined = enhanced.stats.tier;
    console.log(tier, tiers.length, availability, error, enhanced.texture?.label, enhanced.state);
    const { stream } = await connectWhep('/whep');
    await publish(stream, new URL('https://live.example/whip'), { token: 'secret' });
    enhanced[Symbol.dispose]();
    const element = document.createElement('vitreous-video');
    element.addEventListener('statechange', ({ to }) => console.log(to, element.currentTime, element.videoWidth));
    return undefined;
  } catch (thrown) {
    return thrown instanceof VitreousError ? thrown.code : undefined;
  }
}
