// Locks the mailbox of someone who has gone away.

/** Ten minutes (security §3.7). */
const IDLE_TIME = 600_000;

/** @param {() => void} lock @param {number} [time] milliseconds */
export function watchIdle(lock, time = IDLE_TIME) {
  let timer = setTimeout(lock, time);
  const awake = () => {
    clearTimeout(timer);
    timer = setTimeout(lock, time);
  };
  for (const sign of ['keydown', 'pointerdown', 'pointermove', 'wheel', 'touchstart']) document.addEventListener(sign, awake, { passive: true });
}
