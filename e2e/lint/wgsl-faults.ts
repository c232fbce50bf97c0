// What WGSL does not promise, or what drivers have been seen not to keep, found in the text of a shader. Software GPUs and Vulkan forgive most of it, and they
// are all that tests see.
import {
  ArrayIndex,
  ArrayInfo,
  Assign,
  Call,
  CallExpr,
  Increment,
  Node,
  PointerType,
  StringExpr,
  StructInfo,
  type TypeInfo,
  UnaryOperator,
  Var,
  VariableExpr,
  WgslParser,
  WgslReflect,
} from 'wgsl_reflect/wgsl_reflect.module.js';
import { parsable } from '../shaders/parsable.js';

/** These take a level of detail or a derivative from neighbours; the forms with a level or with gradients do not. */
const takesFromNeighbours = /^(textureSample(Bias|Compare)?|dpd[xy](Coarse|Fine)?|fwidth(Coarse|Fine)?)$/;

/** These may take a pointer into memory that several invocations see: they move no vector. */
const takesPointers = /^(atomic[A-Z]\w*|arrayLength)$/;

const isVector = (type: TypeInfo): boolean => /^vec[234]/.test(type.name);

function holdsAtomics(type: TypeInfo): boolean {
  if (type instanceof ArrayInfo) return holdsAtomics(type.format);
  if (type instanceof StructInfo) return type.members.some((member) => holdsAtomics(member.type));
  return type.name === 'atomic';
}

/** Whether a store to that place in a variable of this type ends inside of a vector. */
function endsInVector(variable: TypeInfo, target: VariableExpr): boolean {
  let type: TypeInfo | undefined = variable;
  for (let step = target.postfix; step && type; step = step.postfix) {
    if (isVector(type)) return true;
    const name = step instanceof StringExpr ? step.value : undefined;
    if (type instanceof StructInfo) type = type.members.find((member) => member.name === name)?.type;
    else type = step instanceof ArrayIndex && type instanceof ArrayInfo ? type.format : undefined;
  }
  return false;
}

interface Shared {
  readonly type: TypeInfo;
  readonly space: string;
}

/** Walks one declaration of a module in the order in which it runs. */
class Walk {
  readonly faults: string[] = [];
  /** Atomics of the workgroup that an `atomicStore` sets. */
  readonly stored = new Set<string>();
  readonly #shared: ReadonlyMap<string, Shared>;
  /** Locals that hold nothing yet. */
  readonly #unwritten = new Set<string>();
  readonly #locals = new Set<string>();
  #line = 0;

  constructor(shared: ReadonlyMap<string, Shared>) {
    this.#shared = shared;
  }

  visit(node: Node, isAllowedPointer = false): void {
    if (node.line > 0) this.#line = node.line;
    if (node instanceof Assign || node instanceof Increment) this.#store(node);
    else if (node instanceof Call || node instanceof CallExpr) this.#call(node);
    else {
      if (node instanceof VariableExpr && this.#unwritten.has(node.name))
        this.#say(`${node.name} is read before it is written`);
      if (node instanceof PointerType && /^(storage|workgroup)$/.test(node.storage))
        this.#say(`a pointer to ${node.storage}`);
      if (node instanceof UnaryOperator && node.operator === '&' && !isAllowedPointer) this.#pointer(node.right);
      this.#visitWithin(node);
      if (node instanceof Var) this.#declare(node);
    }
  }

  #visitWithin(node: Node): void {
    for (const value of Object.values(node))
      for (const child of Array.isArray(value) ? value : [value]) if (child instanceof Node) this.visit(child);
  }

  #declare({ name, value }: Var): void {
    this.#locals.add(name);
    if (value) this.#unwritten.delete(name);
    else this.#unwritten.add(name);
  }

  #store(node: Assign | Increment): void {
    const target = node.variable;
    if (node instanceof Assign) this.visit(node.value);
    if (!(target instanceof VariableExpr)) {
      this.#say('a store through a pointer');
      return;
    }
    if (target.postfix) this.visit(target.postfix);
    if (node instanceof Assign && String(node.operator) === '=') this.#unwritten.delete(target.name);
    else if (this.#unwritten.has(target.name)) this.#say(`${target.name} is read before it is written`);
    const seen = this.#locals.has(target.name) ? undefined : this.#shared.get(target.name);
    if (seen && endsInVector(seen.type, target))
      this.#say(`a store to one component of a vector in ${seen.space}, ${target.name}`);
  }

  #call({ name, args }: Call | CallExpr): void {
    if (takesFromNeighbours.test(name)) this.#say(`${name} takes its level of detail or derivative from neighbours`);
    for (const arg of args ?? []) this.visit(arg, takesPointers.test(name));
    const [first] = args ?? [];
    if (name === 'atomicStore' && first instanceof UnaryOperator && first.right instanceof VariableExpr)
      this.stored.add(first.right.name);
  }

  #pointer(to: Node): void {
    if (to instanceof VariableExpr && !this.#locals.has(to.name) && this.#shared.has(to.name))
      this.#say(`a pointer to ${to.name}`);
  }

  #say(what: string): void {
    this.faults.push(`line ${this.#line}: ${what}`);
  }
}

/**
 * What is wrong with a shader:
 *
 * - a store to one component of a vector that several invocations see: it may touch the whole vector (WGSL §14.2.1, memory locations);
 * - a pointer to such memory, but to an atomic: a store through it could not be judged here;
 * - a local that is read before it is written, or an atomic of the workgroup that nothing sets: WGSL says they begin as zero, drivers have had faults there;
 * - a builtin that takes a level of detail or a derivative from neighbours, which must then run in step.
 */
export function wgslFaults(source: string): readonly string[] {
  const ast = new WgslParser().parse(parsable(source));
  const reflection = new WgslReflect(parsable(source));
  const shared = new Map<string, Shared>();
  for (const node of ast)
    if (node instanceof Var && node.type && (node.storage === 'storage' || node.storage === 'workgroup'))
      shared.set(node.name, { type: reflection.getTypeInfo(node.type), space: node.storage });
  const faults: string[] = [];
  const stored = new Set<string>();
  for (const node of ast) {
    if (node instanceof Var) continue;
    const walk = new Walk(shared);
    walk.visit(node);
    faults.push(...walk.faults);
    for (const name of walk.stored) stored.add(name);
  }
  for (const [name, { type, space }] of shared)
    if (space === 'workgroup' && holdsAtomics(type) && !stored.has(name))
      faults.push(`nothing sets the atomic ${name} of the workgroup`);
  return faults;
}
