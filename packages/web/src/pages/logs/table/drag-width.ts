import type { KeyboardEvent, PointerEvent } from 'react';

const STEP_PX = 16;

interface DragWidth {
  width: number;
  /** Where moving right makes it narrower: what is moved is its left border. */
  isMirrored?: boolean;
  /** `isDone` is false while the pointer still drags. */
  onWidth(width: number, isDone: boolean): void;
}

/** What a border does when it is drawn with the pointer or moved with the arrow keys. */
export function dragWidth({ width, isMirrored = false, onWidth }: DragWidth) {
  const sign = isMirrored ? -1 : 1;
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    const border = event.currentTarget;
    const start = event.clientX;
    const widthAt = (moved: globalThis.PointerEvent) => width + sign * (moved.clientX - start);
    const move = (moved: globalThis.PointerEvent) => onWidth(widthAt(moved), false);
    const end = (moved: globalThis.PointerEvent) => {
      border.removeEventListener('pointermove', move);
      border.removeEventListener('pointerup', end);
      border.removeEventListener('pointercancel', end);
      onWidth(widthAt(moved), true);
    };
    event.preventDefault();
    border.setPointerCapture(event.pointerId);
    border.addEventListener('pointermove', move);
    border.addEventListener('pointerup', end);
    border.addEventListener('pointercancel', end);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -STEP_PX, ArrowRight: STEP_PX }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onWidth(width + sign * by, true);
  };
  return { onPointerDown, onKeyDown };
}
