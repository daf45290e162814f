import { useEffect, useRef } from 'react';

const TICK_MS = 1_000;
/** An hour: whoever left the page open is not reading. */
const SECONDS_MAX = 3_600;
/** Shown means that half of a part, or half of the window, is on screen. */
const SHOWN_SHARE = 0.5;

/**
 * Counts for how many seconds each part was on screen while somebody looked at this page. It says only when it is asked,
 * and nothing leaves the page by it.
 */
export function useDwell<S extends string>(
  parts: Readonly<Record<S, string>>,
): () => Readonly<Partial<Record<S, number>>> {
  const seconds = useRef<Partial<Record<S, number>>>({});
  const selectors = useRef(parts);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState !== 'visible' || !document.hasFocus()) return;
      for (const [part, selector] of Object.entries(selectors.current) as [S, string][]) {
        const element = document.querySelector(selector);
        if (element === null || !isShown(element)) continue;
        seconds.current[part] = Math.min(SECONDS_MAX, (seconds.current[part] ?? 0) + 1);
      }
    }, TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return () => seconds.current;
}

function isShown(element: Element): boolean {
  const { top, bottom, height } = element.getBoundingClientRect();
  const seen = Math.min(bottom, window.innerHeight) - Math.max(top, 0);
  return seen > 0 && seen >= SHOWN_SHARE * Math.min(height, window.innerHeight);
}
