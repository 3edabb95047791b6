// The console as files that the hub carries inside itself. Nothing in them calls anybody: the hub's policy (docs/console.md) would refuse it.
import { defineConfig } from 'vite'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { world } from './tools/world.mjs'

/** What several pages use comes in one piece: the first view takes few requests, and each later page one or two. */
function together(id, { getModuleInfo }) {
  if (id.includes('/node_modules/svelte/') || id.includes('/node_modules/esm-env/') || id.includes('/node_modules/clsx/')) return 'base'
  if (id.includes('/src/') && !id.includes('/src/words/') && !/\/(plot|fonts)\b/.test(id) && getModuleInfo(id).importers.length > 1) return 'base'
}

export default defineConfig({
  plugins: [world(), svelte({ compilerOptions: { runes: true } })],
  build: {
    target: ['chrome123', 'firefox120', 'safari17.5'], // the first with light-dark(), on which the tokens stand
    outDir: 'dist',
    assetsInlineLimit: 0, // font-src is 'self': a font inside the style sheet would be refused
    modulePreload: { polyfill: false }, // every browser of the target has it
    reportCompressedSize: false,
    cssMinify: true,
    rollupOptions: { output: { manualChunks: together, assetFileNames: 'assets/[name]-[hash][extname]', chunkFileNames: 'assets/[name]-[hash].js', entryFileNames: 'assets/[name]-[hash].js' } },
  },
})
