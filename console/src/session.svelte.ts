// Who is asking, and what he may. The hub decides; the console only hides what would be refused.
import { api, keepCsrf, onStranger } from './api'
import type { Session, Stranger } from './types'
import { hasChosen, languages, speak } from './words/index.svelte'

type State = { is: 'asking' } | { is: 'in'; session: Session } | { is: 'out'; stranger: Stranger } | { is: 'gone'; error: unknown }
const nobody: Stranger = { first_start: false, methods: ['password'], name: '' }

let state = $state.raw<State>({ is: 'asking' })

export const who = {
  get state() {
    return state
  },
  get session() {
    return state.is === 'in' ? state.session : undefined
  },
  may: (permit: string) => state.is === 'in' && state.session.permits.includes(permit),
}

export function letIn(session: Session) {
  keepCsrf(session.csrf)
  state = { is: 'in', session }
  if (!hasChosen() && session.person.language in languages) void speak(session.person.language)
}

export async function askWho() {
  try {
    letIn(await api.session())
  } catch (error) {
    if (state.is !== 'out') state = { is: 'gone', error }
  }
}

export async function leave() {
  await api.logout().catch(() => undefined)
  await askWho()
}

onStranger((said) => {
  if (!said.methods && state.is === 'out') return
  state = { is: 'out', stranger: { ...nobody, ...(said as Partial<Stranger>) } }
  // A session ended on the way: only the question who one is says by which doors one comes in.
  if (!said.methods) void askWho()
})
