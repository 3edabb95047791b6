// Paths are the browser's: every page has an address that can be sent to a colleague.
let path = $state(location.pathname)
let search = $state(location.search)

export const route = {
  get path() {
    return path
  },
  get parts() {
    return path.split('/').filter(Boolean).map((part) => decodePart(part))
  },
  get query() {
    return new URLSearchParams(search)
  },
}

function decodePart(part: string) {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function look() {
  path = location.pathname
  search = location.search
}

export function go(href: string, isReplacing = false) {
  history[isReplacing ? 'replaceState' : 'pushState'](null, '', href)
  const wasPath = path
  look()
  if (path !== wasPath) scrollTo(0, 0)
}

/** Links are links: whoever opens one in a new tab gets it there, and what leads to the hub's API is the browser's to follow. */
function follow(event: MouseEvent) {
  const link = (event.target as Element).closest?.('a')
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  if (link.target || link.hasAttribute('download') || link.origin !== location.origin || link.pathname.startsWith('/api/')) return
  if (link.hash && link.pathname === location.pathname) return
  event.preventDefault()
  go(link.pathname + link.search)
}

export function startRouter() {
  addEventListener('popstate', look)
  document.addEventListener('click', follow)
}
