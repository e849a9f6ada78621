import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = process.env.JETTO_URL ?? 'http://127.0.0.1:8788';
// The server answers only pages of its own Origin; behind this proxy they come from Vite's.
const proxy = { '/api': { target: server, ws: true, changeOrigin: true, headers: { origin: server } } };

export default defineConfig({
  plugins: [react()],
  build: { target: 'es2022', manifest: true, modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  server: { proxy },
  preview: { proxy },
});
