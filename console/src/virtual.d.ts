declare module 'virtual:world' {
  export const size: [number, number]
  export const countries: { code: string; path: string; x: number; y: number }[]
}
