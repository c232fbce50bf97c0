import { describe, expect, test } from 'vitest';
import { codeThrownBy } from '../engine/testing/thrown.js';
import { checkOrigin, checkRedirect, pageOrigins } from './model-origins.js';

const allowed = new Set(['https://page.example', 'https://models.example']);

describe('origins of models', () => {
  test.each([
    'https://page.example/models/manifest.json',
    'https://models.example/a/manifest.json?token=1',
    'https://models.example:443/manifest.json',
    'blob:https://page.example/0b1c',
  ])('%s is taken', (url) => {
    expect(() => checkOrigin(new URL(url), allowed)).not.toThrow();
  });

  test.each([
    'http://models.example/manifest.json',
    'https://models.example:8443/manifest.json',
    'https://models.example.evil.example/manifest.json',
    'https://models.example@evil.example/manifest.json',
    'https://evil.example/#https://models.example/',
    'data:application/json,{}',
    'file:///manifest.json',
  ])('%s is refused', (url) => {
    expect(codeThrownBy(() => checkOrigin(new URL(url), allowed))).toBe('model-origin');
  });

  test('an opaque origin is not that of another, though both are written alike', () => {
    expect(codeThrownBy(() => checkOrigin(new URL('data:,x'), new Set(['null'])))).toBe('model-origin');
  });

  test('names the origin and what lets it in', () => {
    expect(() => checkOrigin(new URL('https://evil.example/m.json'), allowed)).toThrow(
      /found a model of https:\/\/evil\.example; .*modelOrigins: \['https:\/\/evil\.example'\]/,
    );
  });

  test('a redirect that leads elsewhere is refused, and nothing of it is read', () => {
    let cancelled = false;
    const body = new ReadableStream({
      cancel() {
        cancelled = true;
      },
    });
    const response = new Response(body);
    Object.defineProperty(response, 'url', { value: 'https://evil.example/m.json' });
    const from = new URL('https://page.example/m.json');
    expect(codeThrownBy(() => checkRedirect(response, from, allowed))).toBe('model-origin');
    expect(cancelled).toBe(true);
    expect(() => checkRedirect(new Response(), from, allowed)).not.toThrow();
    expect(() => checkRedirect(response, from, undefined)).not.toThrow();
  });

  test('where there is no page, nothing but what is listed', () => {
    expect([...pageOrigins(['https://models.example'])]).toEqual(['https://models.example']);
    expect(codeThrownBy(() => checkOrigin(new URL('https://page.example/m.json'), pageOrigins()))).toBe('model-origin');
  });
});
