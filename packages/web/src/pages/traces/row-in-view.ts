/** Where to scroll so that a row is seen; null when it is. `headPx` of the box are covered by what stays on top. */
export function scrollTopFor(
  row: { topPx: number; heightPx: number },
  box: { scrollTopPx: number; heightPx: number; headPx: number },
): number | null {
  const { topPx, heightPx } = row;
  if (topPx < box.scrollTopPx) return topPx;
  const bottomPx = topPx + heightPx + box.headPx;
  return bottomPx > box.scrollTopPx + box.heightPx ? bottomPx - box.heightPx : null;
}
