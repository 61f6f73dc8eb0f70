export type Guard = <A extends unknown[], R>(run: (...args: A) => R, otherwise: R) => (...args: A) => R;

/**
 * Nothing that goes wrong inside reaches the page, and nothing that happens inside is an event: a `beforeEmit` that logs
 * would log for ever. What is called from inside answers `otherwise`, as does what throws.
 */
export function createGuard(): Guard {
  let isInside = false;
  return (run, otherwise) =>
    (...args) => {
      if (isInside) return otherwise;
      isInside = true;
      try {
        return run(...args);
      } catch {
        return otherwise;
      } finally {
        isInside = false;
      }
    };
}
