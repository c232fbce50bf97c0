import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stripWgsl } from '../vite.config.js';

const shaders = join(import.meta.dirname, '../shaders');
const names = readdirSync(shaders, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.wgsl'));

describe('shader text in a build', () => {
  test.each([
    ['a line comment', 'let a = 1; // one\nlet b = 2;\n', 'let a = 1;\nlet b = 2;\n'],
    ['a line comment at the end of the file', 'let a = 1;\n// end', 'let a = 1;\n'],
    ['nested block comments', 'a /* b /* c */ d */ e', 'a   e\n'],
    ['a block comment between tokens', 'let/**/a', 'let a\n'],
    ['line comment marks in a block comment', '/* // */ a', 'a\n'],
    ['a block comment mark in a line comment', '// /*\na', 'a\n'],
    ['division', 'a / b * c', 'a / b * c\n'],
    ['blank lines and indentation', '\n\n  a\n\n    b\n', 'a\nb\n'],
  ])('%s', (_name, source, expected) => {
    expect(stripWgsl(source)).toBe(expected);
  });

  test.each(names)('%s is free of comments, and stripping it again changes nothing', (name) => {
    const stripped = stripWgsl(readFileSync(join(shaders, name), 'utf8'));
    expect(stripped).not.toMatch(/\/\/|\/\*|\*\//);
    expect(stripWgsl(stripped)).toBe(stripped);
  });
});
