// Read by svelte-check; Vite has its options in vite.config.mjs.
export default { compilerOptions: { runes: true } }
