// Exit code 0 when the broker of this container is ready for clients: the image's health check. `/readyz` says why not.
import { get } from 'node:http'

const port = /:(\d+)$/.exec(process.env.ZURAU_HTTP_LISTEN ?? '')?.[1] ?? 8082
const request = get({ host: '127.0.0.1', port, path: '/readyz', timeout: 2000 }, (answer) => {
  let body = ''
  answer.setEncoding('utf8')
  answer.on('data', (text) => (body += text))
  answer.on('end', () => {
    process.stdout.write(body)
    process.exitCode = answer.statusCode === 200 ? 0 : 1
  })
})
request.on('timeout', () => request.destroy(new Error('no answer within two seconds')))
request.on('error', (error) => {
  process.stdout.write(`${error.message}\n`)
  process.exitCode = 1
})
