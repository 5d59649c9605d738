/** The results as one page that needs nothing else: no scripts, no fonts, no pictures from elsewhere. */
import { isMet } from '../figure.ts'
import type { Result } from '../result.ts'
import { CHAPTERS } from './chapters.ts'
import { type Figure, figuresApart, figuresOf, groups } from './figures.ts'
import type { Run } from './read.ts'
import { STYLE } from './style.ts'
import { resultTable } from './table.ts'
import { escapeText, valueText } from './text.ts'

export function reportPage(runs: readonly Run[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>danelaw: what validation costs</title>
<style>
${STYLE}</style>
</head>
<body>
<header>
<h1>What validation costs</h1>
<p>Contenders take turns, there and back again. <b>Least</b> is the cost undisturbed, <b>median</b> what it cost with
all the machine had to do beside. Ratios are of one run: the least by the least, and the median of samples taken
together.</p>
</header>
<main>
${runs.map((run, index) => runPart(run, index, runs.length)).join('\n')}
</main>
</body>
</html>
`
}

function runPart(run: Run, index: number, count: number): string {
  const { results } = run
  const byCase = groups(results, (result) => result.case)
  const told = new Set(CHAPTERS.flatMap(({ cases }) => cases))
  const others = [...byCase.keys()].filter((name) => !told.has(name))
  const more = others.length === 0 ? [] : [{ title: 'More', cases: others, about: 'Measured as well.' }]
  const chapters = [...CHAPTERS, ...more].filter(({ cases }) => cases.some((name) => byCase.has(name)))
  const idOf = (title: string): string => `run${index}-${title.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`
  const links = chapters.map(({ title }) => `<li><a href="#${idOf(title)}">${escapeText(title)}</a></li>`)
  const sections = chapters.map(({ title, about, cases }) => {
    const content = cases.flatMap((name) => caseParts(byCase.get(name) ?? []))
    return `<section>\n<h3 id="${idOf(title)}">${escapeText(title)}</h3>\n<p>${escapeText(about)}</p>\n${content.join('\n')}\n</section>`
  })
  const { node } = run.machine
  return `<article>
<h2>${count === 1 ? 'The machine' : `Node.js ${escapeText(String(node))}`}</h2>
${machineList(run)}
<h3>Goals</h3>
${goals(results)}
<nav aria-label="Chapters"><ul>
${links.join('\n')}
</ul></nav>
${sections.join('\n')}
</article>`
}

function machineList({ machine }: Run): string {
  const items = Object.entries(machine).map(
    ([name, value]) => `<div><dt>${escapeText(name)}</dt><dd>${escapeText(String(value))}</dd></div>`,
  )
  return `<dl>\n${items.join('\n')}\n</dl>`
}

function goals(results: readonly Result[]): string {
  const aimed = results.filter((result) => isMet(result) !== undefined)
  if (aimed.length === 0) return '<p>None was measured.</p>'
  const rows = aimed.map((result) => {
    const met = isMet(result)
    const what = `${result.case}, ${result.variant}: ${result.measure}`
    const by = result.unit === 'exponent' ? `, exponent by ${result.axis}` : ''
    const goal = result.goal !== undefined ? `≤ ${aim(result, result.goal)}` : `≥ ${aim(result, result.atLeast!)}`
    const outcome = met ? '<td class="met">met</td>' : '<td class="missed">missed</td>'
    return `<tr><th scope="row">${escapeText(what + by)}</th><td>${escapeText(goal)}</td><td>${escapeText(valueText(result.unit, result.min))}</td><td>${escapeText(valueText(result.unit, result.median))}</td>${outcome}</tr>`
  })
  const missed = aimed.filter((result) => isMet(result) === false).length
  const sum = missed === 0 ? `All ${aimed.length} are met` : `${missed} of ${aimed.length} are missed`
  return `<p>${sum}, by the least values.</p>
<div class="scroll"><table>
<thead><tr><th scope="col">measure</th><th scope="col">goal</th><th scope="col">least</th><th scope="col">median</th><th scope="col">outcome</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div>`
}

function aim({ unit }: Result, value: number): string {
  return unit === 'us' ? valueText(unit, value) : String(Number(value.toPrecision(4)))
}

function caseParts(results: readonly Result[]): string[] {
  if (results.length === 0) return []
  const figures = figuresOf(results).map(figurePart)
  const rest = figuresApart(results)
  const ratios =
    rest.length === 0
      ? []
      : [`<h4>${escapeText(rest[0]!.case)}: ratios and counts</h4>\n<div class="scroll">${resultTable(rest)}</div>`]
  return [`<div class="figures">\n${figures.join('\n')}\n</div>`, ...ratios]
}

function figurePart({ title, svg, results }: Figure): string {
  return `<figure>
<figcaption>${escapeText(title)}</figcaption>
${svg}
<details><summary>The figures as a table</summary><div class="scroll">${resultTable(results)}</div></details>
</figure>`
}
