import { build } from 'rolldown';

const SOURCE = new URL(import.meta.url).pathname.replace(/\/(dist\/)?tools\/[^/]*$/, '/src/index.ts');
/** Chrome 94, Firefox 93, Safari 15.4 and later. Earlier ones would want private names rewritten, at half a kilobyte. */
const TARGET = 'es2022';

/** The browser SDK in one file: `iife` for a script element, with the global `tailwater`, or `esm` for import. */
export async function bundle(format: 'iife' | 'esm'): Promise<string> {
  const { output } = await build({
    input: SOURCE,
    platform: 'browser',
    transform: { target: TARGET },
    output: {
      format,
      minify: true,
      generatedCode: { symbols: false },
      ...(format === 'iife' ? { name: 'tailwater' } : {}),
    },
    write: false,
  });
  const [chunk] = output;
  if (output.length !== 1 || chunk.imports.length > 0) throw new Error('the bundle is more than one file');
  return chunk.code;
}
