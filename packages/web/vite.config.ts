import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `npm run dev` finds a running server: `make run`. */
const SERVER = 'http://127.0.0.1:4750';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwind()],
  server: {
    proxy: {
      '/api': { target: SERVER, ws: true },
      '/loki': { target: SERVER, ws: true },
      '/healthz': SERVER,
      '/readyz': SERVER,
    },
  },
  build: {
    target: 'es2023',
    // Inlined modules would need script-src data:.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 400,
    // What most pages need comes in one file: a file of a few hundred bytes costs as much again in headers.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'common', minShareCount: 5 }] } } },
  },
});
