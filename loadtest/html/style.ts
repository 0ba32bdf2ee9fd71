/** The look of the page: light and dark as the reader's system is, and fit for a phone and for paper. */
import { Markup } from './markup.ts';

export const style = new Markup(`
:root { color-scheme: light dark; --ink: #1c2230; --soft: #5a6478; --paper: #ffffff; --card: #f5f6f9; --line: #d9dde6;
  --good: #1a7f4b; --bad: #b3261e; --waiting: #8a5a00; --s1: #1f5fbf; --s2: #b4480f; --s3: #7a3fa6; --s4: #1a7f4b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf2; --soft: #a3adc0; --paper: #12151c; --card: #1b1f29; --line: #343b4a;
  --good: #5cc98f; --bad: #ff8a80; --waiting: #e3b341; --s1: #7fb0ff; --s2: #ffa36b; --s3: #c99bf0; --s4: #5cc98f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 52rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.5rem; } h2 { margin: 2.2rem 0 .6rem; font-size: 1.15rem; } h3 { margin: 0; font-size: .95rem; }
p { margin: .4rem 0; } .soft { color: var(--soft); } code { overflow-wrap: anywhere; }
.verdict { display: inline-block; margin: 0 .6rem 0 0; padding: .05rem .7rem; border: 2px solid; border-radius: .5rem; font-weight: 700; }
.pass { color: var(--good); } .fail { color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: .6rem; margin: 1.2rem 0 0; }
.tiles div { background: var(--card); border-radius: .5rem; padding: .5rem .7rem; }
.tiles dt { color: var(--soft); font-size: .8rem; } .tiles dd { margin: 0; font-size: 1.15rem; font-variant-numeric: tabular-nums; }
figure { margin: 0 0 1.2rem; background: var(--card); border-radius: .5rem; padding: .7rem; }
figcaption { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; align-items: baseline; }
figure > svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { font: 11px system-ui, sans-serif; fill: var(--soft); } svg .note { fill: var(--ink); font-size: 10px; }
.legend { display: flex; flex-wrap: wrap; gap: 0 .9rem; margin: 0; padding: 0; list-style: none; font-size: .8rem; }
.legend svg { width: 24px; height: 8px; margin-right: .3rem; vertical-align: middle; }
.grid { stroke: var(--line); } .tick { stroke: var(--soft); } .mark { stroke: var(--bad); stroke-dasharray: 2 3; }
.shade { fill: var(--line); opacity: .5; } polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
.s1 { stroke: var(--s1); } .s2 { stroke: var(--s2); stroke-dasharray: 7 3; } .s3 { stroke: var(--s3); stroke-dasharray: 2 3; }
.s4 { stroke: var(--s4); stroke-dasharray: 9 3 2 3; }
.node { fill: var(--soft); } .node.good { fill: var(--good); } .node.bad { fill: var(--bad); } .node.waiting { fill: var(--waiting); }
.band { fill: var(--soft); opacity: .22; } .band.good { fill: var(--good); } .band.bad { fill: var(--bad); } .band.waiting { fill: var(--waiting); }
.label { fill: var(--ink); } .number { font-weight: 700; } .sums { margin: .5rem 0 0; padding-left: 1.2rem; font-size: .85rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; font-variant-numeric: tabular-nums; }
.number-column { text-align: right; } summary { cursor: pointer; }
`);
