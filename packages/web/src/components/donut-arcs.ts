const RADIUS = 40;
const HOLE = 25;

/** Paths of the slices of a ring, in a box of 100 by 100, clockwise from the top. Slices of nothing have none. */
export function donutArcs(values: readonly number[]): (string | null)[] {
  const total = values.reduce((sum, value) => sum + value, 0);
  let before = 0;
  return values.map((value) => {
    if (value <= 0) return null;
    // A whole ring has no beginning that a path could draw it from.
    const [from, to] = [before / total, Math.min((before + value) / total, before / total + 0.99999)];
    before += value;
    const isLarge = to - from > 0.5 ? 1 : 0;
    const [outerFrom, outerTo] = [point(from, RADIUS), point(to, RADIUS)];
    const [innerTo, innerFrom] = [point(to, HOLE), point(from, HOLE)];
    return `M${outerFrom}A${RADIUS} ${RADIUS} 0 ${isLarge} 1 ${outerTo}L${innerTo}A${HOLE} ${HOLE} 0 ${isLarge} 0 ${innerFrom}Z`;
  });
}

function point(share: number, radius: number): string {
  const angle = 2 * Math.PI * share - Math.PI / 2;
  return `${(50 + radius * Math.cos(angle)).toFixed(3)} ${(50 + radius * Math.sin(angle)).toFixed(3)}`;
}
