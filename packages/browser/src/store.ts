/** Storage that may be missing, full or forbidden, as in private windows: then there is nothing, and that is all. */
export function read(area: 'localStorage' | 'sessionStorage', name: string): string | null {
  try {
    return window[area].getItem(name);
  } catch {
    return null;
  }
}

/** An empty value removes it. False when it could not be. */
export function write(area: 'localStorage' | 'sessionStorage', name: string, value: string): boolean {
  try {
    if (value === '') window[area].removeItem(name);
    else window[area].setItem(name, value);
    return true;
  } catch {
    return false;
  }
}

/** Removes what all pages of the origin stored under names that begin so, and answers the lines. */
export function takeAll(prefix: string): string[] {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(prefix));
    return names.flatMap((name) => {
      const lines = read('localStorage', name)?.split('\n') ?? [];
      return write('localStorage', name, '') ? lines : [];
    });
  } catch {
    return [];
  }
}
