/** The application: main and headless for Node, the preload script for the sandbox, the page for Chromium. */

import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

// Its tables of targets end before the Electron that is used here, so every target is named.
export default defineConfig({
  main: {
    build: {
      target: 'node24',
      externalizeDeps: false,
      rolldownOptions: {
        input: {
          index: 'src/main/index.ts',
          headless: 'src/headless/index.ts',
          'profile-worker': 'src/main/receiver/profile-worker.ts',
          'history-worker': 'src/main/receiver/history-worker.ts',
          'rule-worker': 'src/main/receiver/rule-worker.ts',
        },
        external: ['electron', /^node:/],
      },
    },
  },
  preload: {
    build: {
      target: 'node24',
      // A sandboxed preload script can load neither node_modules nor ES modules.
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: 'src/preload/index.ts' },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src/renderer',
    build: { target: 'chrome156', minify: true, rolldownOptions: { input: 'src/renderer/index.html' } },
    plugins: [react()],
  },
});
