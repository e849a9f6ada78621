import { useEffect, useRef, useState } from 'react';

const KEY_REST_MS = 1_000;

/** True while the pointer is over the list or a key was pressed within the last second. */
export function useHeld() {
  const [over, setOver] = useState(false);
  const [typing, setTyping] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    const onKey = () => {
      setTyping(true);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setTyping(false), KEY_REST_MS);
    };
    document.addEventListener('keydown', onKey, { capture: true });
    return () => {
      document.removeEventListener('keydown', onKey, { capture: true });
      clearTimeout(timer.current);
    };
  }, []);
  const pointer = {
    // A finger leaves no pointer behind; only a mouse rests on the list.
    onPointerEnter: (event: React.PointerEvent) => setOver(event.pointerType === 'mouse'),
    onPointerLeave: () => setOver(false),
  };
  return { held: over || typing, pointer };
}
