import type { PickleMachine } from './pickle-machine.js';

type Operation = (machine: PickleMachine) => void;

/** Takes `count` values off the stack, in the order they were pushed. */
const popped = (machine: PickleMachine, count: number) =>
  Array.from({ length: count }, () => machine.pop()).reverse();

const constant =
  (value: unknown): Operation =>
  (machine) =>
    machine.push(value);

const containers: readonly (readonly [number, Operation])[] = [
  [0x28, (m) => m.mark()],
  [0x29, (m) => m.push([])],
  [0x5d, (m) => m.push([])],
  [0x7d, (m) => m.push(new Map())],
  [0x74, (m) => m.push(m.popToMark())],
  [0x6c, (m) => m.push(m.popToMark())],
  [0x85, (m) => m.push(popped(m, 1))],
  [0x86, (m) => m.push(popped(m, 2))],
  [0x87, (m) => m.push(popped(m, 3))],
  [0x73, (m) => m.setItems(popped(m, 2))],
  [0x75, (m) => m.setItems(m.popToMark())],
  [0x61, (m) => m.append(popped(m, 1))],
  [0x65, (m) => m.append(m.popToMark())],
  [0x30, (m) => void m.pop()],
  [0x31, (m) => void m.popToMark()],
];

const memo: readonly (readonly [number, Operation])[] = [
  [0x71, (m) => m.remember(m.byte())],
  [0x72, (m) => m.remember(m.whole(4))],
  [0x94, (m) => m.remember()],
  [0x68, (m) => m.recall(m.byte())],
  [0x6a, (m) => m.recall(m.whole(4))],
];

const scalars: readonly (readonly [number, Operation])[] = [
  [0x4e, constant(null)],
  [0x88, constant(true)],
  [0x89, constant(false)],
  [0x4a, (m) => m.push(m.signed())],
  [0x4b, (m) => m.push(m.byte())],
  [0x4d, (m) => m.push(m.whole(2))],
  [0x8a, (m) => m.push(m.long(m.byte()))],
  [0x8b, (m) => m.push(m.long(m.whole(4)))],
  [0x47, (m) => m.push(m.float())],
  [0x58, (m) => m.push(m.text(m.whole(4)))],
  [0x8c, (m) => m.push(m.text(m.byte()))],
  [0x8d, (m) => m.push(m.text(m.whole(8)))],
  [0x54, (m) => m.push(m.text(m.whole(4)))],
  [0x55, (m) => m.push(m.text(m.byte()))],
  [0x42, (m) => m.push(m.take(m.whole(4)))],
  [0x43, (m) => m.push(m.take(m.byte()))],
];

const objects: readonly (readonly [number, Operation])[] = [
  [0x80, (m) => void m.byte()],
  [0x95, (m) => void m.whole(8)],
  [0x63, (m) => m.global(m.line(), m.line())],
  [
    0x93,
    (m) => {
      const [module, name] = popped(m, 2);
      m.global(String(module), String(name));
    },
  ],
  [0x52, (m) => m.reduce()],
  [0x81, (m) => m.reduce()],
  [0x62, (m) => m.build()],
  [0x51, (m) => m.persistent()],
];

/** The operations of pickle protocols 2 to 5 that a state_dict uses, by their byte; none of them runs code. */
export const opcodes: ReadonlyMap<number, Operation> = new Map([
  ...containers,
  ...memo,
  ...scalars,
  ...objects,
]);
