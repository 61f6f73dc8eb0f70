import { gunzipSync } from 'node:zlib';

/** Objects of a store's bucket, each there once by its name. */
export function storedObjects() {
  const objects = new Map<string, Buffer>();
  return {
    objects,
    /** Messages of all lines of all objects, as they came in. */
    messages: () =>
      [...objects.values()].flatMap((body) =>
        gunzipSync(body)
          .toString()
          .trimEnd()
          .split('\n')
          .map((line) => (JSON.parse(line) as { message: string }).message),
      ),
  };
}
