// Dark or light: as the system says, until the reader says otherwise.
export type Theme = 'system' | 'light' | 'dark'
const KEPT = 'bouclier-theme'

const kept = localStorage.getItem(KEPT)
let chosen = $state<Theme>(kept === 'light' || kept === 'dark' ? kept : 'system')
let changes = $state(0)

export const theme = {
  get now() {
    return chosen
  },
  /** Grows with each change of colours: canvases, which style sheets do not reach, draw again. */
  get changes() {
    return changes
  },
}

export function wear(wanted: Theme) {
  chosen = wanted
  if (wanted === 'system') {
    localStorage.removeItem(KEPT)
    delete document.documentElement.dataset.theme
  } else {
    localStorage.setItem(KEPT, wanted)
    document.documentElement.dataset.theme = wanted
  }
  changes++
}

export function startTheme() {
  wear(chosen)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => changes++)
}
