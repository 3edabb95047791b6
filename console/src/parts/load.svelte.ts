// One thing asked of the hub: waiting, there, or refused. Asked again keeps what is shown until the answer is there.
export class Load<T> {
  value = $state.raw<T | undefined>()
  error = $state.raw<unknown>(null)
  busy = $state(false)
  #turn = 0

  constructor(readonly ask: () => Promise<T>) {}

  again = async () => {
    const turn = ++this.#turn
    this.busy = true
    try {
      const value = await this.ask()
      if (turn === this.#turn) {
        this.value = value
        this.error = null
      }
    } catch (error) {
      if (turn === this.#turn) this.error = error
    } finally {
      if (turn === this.#turn) this.busy = false
    }
  }
}

/** A list that comes in pages. */
export class Pages<T> {
  rows = $state.raw<T[]>([])
  next = $state<string | null>(null)
  error = $state.raw<unknown>(null)
  busy = $state(false)
  isBegun = $state(false)
  #turn = 0

  constructor(readonly ask: (after: string | null) => Promise<{ rows: T[]; next: string | null }>) {}

  begin = () => this.#fetch(null)
  more = () => (this.busy || !this.next ? undefined : this.#fetch(this.next))

  async #fetch(after: string | null) {
    const turn = ++this.#turn
    this.busy = true
    try {
      const page = await this.ask(after)
      if (turn !== this.#turn) return
      this.rows = after === null ? page.rows : [...this.rows, ...page.rows]
      this.next = page.next
      this.error = null
      this.isBegun = true
    } catch (error) {
      if (turn === this.#turn) this.error = error
    } finally {
      if (turn === this.#turn) this.busy = false
    }
  }
}
