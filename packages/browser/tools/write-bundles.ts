import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.ts';

/** Writes dist/tailwater.min.js and dist/tailwater.mjs. Part of `npm run build`. */
const dist = join(import.meta.dirname.replace(/\/(dist\/)?tools$/, ''), 'dist');
mkdirSync(dist, { recursive: true });
writeFileSync(join(dist, 'tailwater.min.js'), await bundle('iife'));
writeFileSync(join(dist, 'tailwater.mjs'), await bundle('esm'));
