import { expect } from 'chai'
import { htmlReport } from '../../../../../src/cli/offsets/compare/report-html.ts'
import { judge } from '../../../../../src/cli/offsets/compare/verdict.ts'
import { aComparison, aContender } from '../../../../support/compare-result.ts'

const both = [aContender('zookeeper', { othersP99: 8 }), aContender('kafka', { saturation: 4000 })]

describe('the report as a page', () => {
  it('needs nothing but itself', () => {
    const page = htmlReport(aComparison(both))
    expect(page).to.match(/^<!doctype html>/)
    expect(page).not.to.match(/(?:src|href|url)\s*[=(]/)
  })

  it('begins with the verdict, in red only where one must move', () => {
    const calm = aComparison(both)
    expect(htmlReport(calm)).to.contain(`<p class="verdict">${judge(calm).sentence}</p>`)
    expect(htmlReport(calm)).not.to.contain('<header class="bad">')
    const busy = aComparison([aContender('zookeeper', { saturation: 8 }), aContender('kafka')])
    expect(htmlReport(busy)).to.contain('<header class="bad">')
  })

  it('holds its data, for whoever wants to read them by program', () => {
    const result = aComparison(both)
    const data = /<script type="application\/json" id="data">(.*)<\/script>/.exec(htmlReport(result))?.[1]
    expect(JSON.parse(data ?? '')).to.deep.equal(result)
  })

  it('lets no text of others become part of the page', () => {
    const evil = '</script><script>alert("1")</script>'
    const page = htmlReport(
      aComparison(both, {
        setup: { [evil]: evil },
        faults: [{ name: evil, command: evil, gaps: [{ contender: 'kafka', ms: 1, failures: 0, lost: 0 }] }],
      }),
    )
    expect(page).not.to.contain('<script>alert')
    expect(page.match(/<\/script>/g)).to.have.length(1)
  })

  it('draws every point inside the chart, and none where there is no figure', () => {
    const page = htmlReport(
      aComparison([
        aContender('zookeeper', {
          rest: { rates: [{ perSecond: 50, done: 50, p50: NaN, p99: NaN }], cdf: [] },
        }),
        aContender('kafka', { saturation: 4000 }),
      ]),
    )
    expect(page).not.to.match(/NaN|Infinity/)
    const points = [...page.matchAll(/points="([^"]*)"/g)].flatMap(([, list = '']) =>
      list.split(' ').filter((point) => point !== ''),
    )
    expect(points).to.have.length(5)
    for (const point of points) {
      const [x = NaN, y = NaN] = point.split(',').map(Number)
      expect(x).to.be.within(0, 960)
      expect(y).to.be.within(0, 280)
    }
  })
})
