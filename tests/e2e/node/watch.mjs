// Watches with a real client and prints one JSON line per thing that happens:
//   watch.mjs sse URL     npm eventsource: "open", "progress" with id, "bye", "reset", "removed", "error"
//   watch.mjs ws URL '{"type":"subscribe",...}'   npm ws: every message, and "close"; comes back by itself with the last id
import { EventSource } from 'eventsource'
import WebSocket from 'ws'

const [kind, url, subscription] = process.argv.slice(2)
const say = (what) => process.stdout.write(JSON.stringify(what) + '\n')

if (kind === 'sse') {
  const source = new EventSource(url)
  source.onopen = () => say({ type: 'open' })
  source.onerror = (event) => say({ type: 'error', code: event.code ?? null, over: source.readyState === EventSource.CLOSED })
  for (const type of ['progress', 'bye', 'reset', 'removed'])
    source.addEventListener(type, (event) => say({ type, id: event.lastEventId, data: JSON.parse(event.data) }))
} else {
  let last = ''
  const connect = () => {
    const socket = new WebSocket(url)
    let over = false
    socket.on('open', () => {
      say({ type: 'open' })
      socket.send(JSON.stringify({ ...JSON.parse(subscription), last_event_id: last }))
    })
    socket.on('message', (text) => {
      const message = JSON.parse(text)
      last = message.event_id ?? last
      over ||= message.type === 'end'
      say(message.task ? { type: message.type, id: message.event_id ?? '', data: message.task } : message)
      if (over) socket.close()
    })
    socket.on('error', () => {})
    socket.on('close', (code) => {
      say({ type: 'close', code })
      if (!over) setTimeout(connect, 200)
    })
  }
  connect()
}
