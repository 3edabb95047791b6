import { mount } from 'svelte'
import App from './App.svelte'
import { startRouter } from './router.svelte'
import { startTheme } from './theme.svelte'
import { preferred, speak } from './words/index.svelte'

startTheme()
startRouter()
await speak(preferred())
mount(App, { target: document.getElementById('console')! })
// Fonts come after the first view: what is read first is read in the system's.
void import('./styles/fonts.css')
