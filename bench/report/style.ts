/** The page's style: light and dark as the reader has it, one column where the screen is narrow. */
export const STYLE = `:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1f24; --faint: #59626d; --rule: #d4d9df; --panel: #f5f7f9;
  --good: #14692f; --bad: #a3231b; --link: #0a58a8;
  --s0: #0067a8; --s1: #b34700; --s2: #00745a; --s3: #98407f; --s4: #6f5a00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --ink: #e6e9ed; --faint: #a3adb8; --rule: #3a424b; --panel: #1c2127;
    --good: #6fd08c; --bad: #ff9b91; --link: #82bbff;
    --s0: #62b3ff; --s1: #ff9d5c; --s2: #4fd1a8; --s3: #e79bd3; --s4: #d8c350;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1rem; max-width: 76rem;
  font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
}
h1, h2, h3, h4 { line-height: 1.25; margin: 1.5em 0 0.5em; }
h1 { margin-top: 0; }
h3 { border-top: 1px solid var(--rule); padding-top: 0.75em; }
p { max-width: 44rem; }
a { color: var(--link); }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; padding: 0; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 0.5rem 1rem; margin: 0; }
dt { color: var(--faint); font-size: 0.85rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); gap: 1rem; align-items: start; }
figure { margin: 0; padding: 0.75rem; background: var(--panel); border: 1px solid var(--rule); border-radius: 0.5rem; min-width: 0; }
figcaption { font-weight: 600; margin-bottom: 0.5rem; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--ink); stroke: var(--panel); stroke-width: 3px; paint-order: stroke; }
svg .tick { fill: var(--faint); font-size: 11px; }
svg .value { font-variant-numeric: tabular-nums; }
svg .grid { stroke: var(--rule); stroke-width: 1; }
svg .whisker { stroke: var(--faint); stroke-width: 1.5; }
svg .line { stroke-width: 1.75; fill: none; }
svg .dashed { stroke-dasharray: 5 3; }
${['s0', 's1', 's2', 's3', 's4'].map((name) => `svg .fill.${name} { fill: var(--${name}); } svg .line.${name} { stroke: var(--${name}); }`).join('\n')}
summary { cursor: pointer; color: var(--link); margin-top: 0.5rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.2rem 0.6rem; border-bottom: 1px solid var(--rule); text-align: right; vertical-align: top; }
th:first-child, .text { text-align: left; min-width: 7rem; }
th[scope="row"] { font-weight: 400; }
.met { color: var(--good); }
.missed { color: var(--bad); font-weight: 700; }
`
