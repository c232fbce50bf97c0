// What a shader's text says about itself: its uniform struct, its bindings, its workgroup. Written nowhere else.
import {
  ArrayInfo,
  ResourceType,
  StructInfo,
  type TypeInfo,
  type VariableInfo,
  WgslReflect,
} from 'wgsl_reflect/wgsl_reflect.module.js';
import type { BindingKind } from '../../plugin/gpu/kernel.js';
import type { UniformField, UniformKind } from '../../plugin/gpu/shader.js';
import { parsable } from './parsable.js';

export interface ShaderDescription {
  /** Of group 0, by ascending number. */
  readonly bindings: readonly (readonly [number: number, kind: BindingKind])[];
  /** Members of the struct at binding 0, where it is a uniform; none: there is no such struct. */
  readonly uniforms?: readonly UniformField[];
  /** Invocations of a workgroup, where they are plain numbers. */
  readonly workgroup?: readonly [x: number, y: number, z: number];
}

/** A member's name in TypeScript: `in_groups` is `inGroups`. */
const camelCase = (name: string): string => name.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());

const kinds: Readonly<Record<string, UniformKind>> = { u32: 'u', i32: 'i', f32: 'f' };
/** By the last letter of a vector's name. */
const vectorKinds: Readonly<Record<string, UniformKind>> = { u: 'u', i: 'i', f: 'f' };

function fieldOf(name: string, type: TypeInfo, offsetBytes: number): UniformField {
  const [field, word] = [camelCase(name), offsetBytes / 4];
  const vector = /^vec([234])([uif])$/.exec(type.getTypeName());
  const kind = kinds[type.name] ?? vectorKinds[vector?.[2] ?? ''];
  if (kind) return vector ? [field, kind, word, Number(vector[1])] : [field, kind, word];
  const element = type instanceof ArrayInfo ? /^vec4([uif])$/.exec(type.format.getTypeName()) : null;
  const elementKind = vectorKinds[element?.[1] ?? ''];
  if (type instanceof ArrayInfo && elementKind) return [field, elementKind, word, 4 * type.count];
  if (type instanceof ArrayInfo && type.format instanceof StructInfo)
    return [field, fieldsOf(type.format), word, type.count, type.stride / 4];
  throw new TypeError(
    `uniform ${name}: ${type.getTypeName()} has no form in TypeScript: extend e2e/shaders/describe.ts`,
  );
}

const fieldsOf = ({ members }: StructInfo): readonly UniformField[] =>
  members.map(({ name, type, offset }) => fieldOf(name, type, offset));

function bindingKind({ resourceType, access, type, name }: VariableInfo): BindingKind {
  if (resourceType === ResourceType.Uniform) return 'uniform';
  if (resourceType === ResourceType.Storage) return access === 'read' ? 'storage-read' : 'storage-write';
  if (resourceType === ResourceType.Sampler) return 'sampler';
  if (type.getTypeName() === 'texture_external') return 'external-texture';
  if (resourceType === ResourceType.StorageTexture && /rgba8unorm/.test(type.getTypeName()))
    return 'storage-texture-rgba8unorm';
  if (resourceType === ResourceType.Texture) return 'texture';
  throw new TypeError(`binding ${name}: ${type.getTypeName()} has no kind: extend e2e/shaders/describe.ts`);
}

/** @throws TypeError for what has no form in TypeScript. */
export function describeShader(source: string): ShaderDescription {
  const { entry, uniforms, storage, textures, samplers } = new WgslReflect(parsable(source));
  const variables = [...uniforms, ...storage, ...textures, ...samplers]
    .filter(({ group }) => group === 0)
    .sort((a, b) => a.binding - b.binding);
  const dims = variables.find(({ binding }) => binding === 0)?.type;
  const size = entry.compute[0]?.workgroupSize;
  return {
    bindings: variables.map((variable) => [variable.binding, bindingKind(variable)]),
    ...(dims instanceof StructInfo && uniforms.some(({ binding }) => binding === 0)
      ? { uniforms: fieldsOf(dims) }
      : {}),
    ...(size?.every(Number.isInteger) ? { workgroup: size } : {}),
  };
}
