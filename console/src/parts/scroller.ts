/** What is wider than its place can be scrolled by the keyboard too; what is not is no stop on the way. */
export function scroller(place: HTMLElement) {
  const look = () => {
    if (place.scrollWidth > place.clientWidth || place.scrollHeight > place.clientHeight) place.tabIndex = 0
    else place.removeAttribute('tabindex')
  }
  const resized = new ResizeObserver(look)
  resized.observe(place)
  for (const child of place.children) resized.observe(child)
  return () => resized.disconnect()
}

/** Of a row of tabs that is wider than its place, the chosen one is to be seen. */
export function showChosen(place: HTMLElement) {
  const chosen = place.querySelector<HTMLElement>("[aria-pressed='true'], [aria-current='page']")
  if (chosen) place.scrollLeft = chosen.offsetLeft - place.offsetLeft - (place.clientWidth - chosen.offsetWidth) / 2
}
