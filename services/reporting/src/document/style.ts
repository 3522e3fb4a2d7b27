import { inks } from '../figures/palette.js';

const variables = (tone: 'light' | 'dark') => inks.map((ink) => `${ink.variable}:${ink[tone]}`).join(';');

const day = `color-scheme:light;--ink:#1c2126;--soft:#56606a;--line:#dfe3e7;--strong:#9aa4ad;--paper:#fefefe;--wash:#f5f6f8;--link:#0b5394;--warn:#8a4b00;--warn-wash:#fff6e6;${variables('light')}`;
const night = `color-scheme:dark;--ink:#e4e7ea;--soft:#a3adb7;--line:#2c333a;--strong:#58626c;--paper:#15191d;--wash:#1c2126;--link:#7cb8ee;--warn:#f2c078;--warn-wash:#2d2416;${variables('dark')}`;

/** Everything that the report looks like, on screens by day and night, on phones and on paper. */
export const style = `
:root{${day}}
@media screen and (prefers-color-scheme:dark){:root{${night}}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0 auto;padding:2.5rem 1.5rem 5rem;max-width:1100px;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:break-word}
header{margin-bottom:2rem}
h1{font-size:2rem;line-height:1.2;margin:.2rem 0 .6rem;letter-spacing:-.01em}
h2{font-size:1.35rem;line-height:1.3;margin:3.2rem 0 .8rem;padding-top:1rem;border-top:1px solid var(--line);letter-spacing:-.005em}
h3{font-size:1rem;margin:1.8rem 0 .5rem}
p,ul,dl{max-width:46rem}
p{margin:.5rem 0 .9rem}
a{color:var(--link);text-underline-offset:.15em}
code{font:.86em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.kicker{color:var(--soft);font-size:.85rem;margin:0}
.short{font-size:1.1rem;line-height:1.5;max-width:48rem}
.lead{color:var(--soft);font-size:.92rem;margin:.2rem 0 .5rem}
.banner{background:var(--warn-wash);color:var(--warn);border-left:4px solid currentColor;padding:.8rem 1rem;max-width:none;margin:0 0 1.6rem;font-weight:600}
.absent{color:var(--soft);border-left:3px solid var(--line);padding-left:.8rem}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;list-style:none;padding:0;margin:1.2rem 0 0;max-width:none;font-size:.9rem}
.found{padding:0;margin:.6rem 0 1.4rem;list-style:none;max-width:none;border-top:1px solid var(--line)}
.found li{display:grid;grid-template-columns:13.5rem minmax(0,1fr);gap:0 1.2rem;padding:.42rem 0;border-bottom:1px solid var(--line);font-size:.95rem}
.found span{max-width:50rem}
.found b{font-weight:600}
figure{margin:1.4rem 0 2rem}
figure.t{margin:1rem 0 1.6rem}
figure.t figcaption{margin:0 0 .4rem}
.blocks{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,32rem),1fr));gap:0 2rem}
figure .scroll{padding-bottom:.3rem}
figcaption{color:var(--soft);font-size:.87rem;line-height:1.45;text-align:left;max-width:52rem}
figcaption{margin-top:.5rem}
figcaption b{color:var(--ink);font-weight:600}
.scroll{overflow-x:auto;max-width:100%}
.scroll:focus-visible{outline:2px solid var(--link);outline-offset:3px}
figure svg{display:block;height:auto}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums lining-nums;margin:0}
th,td{padding:.32rem .75rem;text-align:left;vertical-align:baseline}
thead th{border-bottom:1px solid var(--strong);font-weight:600;white-space:nowrap}
thead tr:first-child:not(:last-child) th{border-bottom:0;padding-bottom:0}
tbody tr+tr>*{border-top:1px solid var(--line)}
tbody tr:last-child>*{border-bottom:1px solid var(--strong)}
tbody th{font-weight:500}
td.n,th.n{text-align:right;white-space:nowrap}
th.span{text-align:center}
td a{color:inherit;text-decoration:none}
td a:hover,td a:focus-visible{text-decoration:underline}
td .sd{color:var(--soft)}
td.best{font-weight:700}
td code{color:var(--soft)}
td.wrap{min-width:14rem}
details{margin:.5rem 0}
section>details:last-of-type{margin-bottom:1.2rem}
summary{cursor:pointer;color:var(--link);font-size:.92rem}
tbody:target th,tbody:target td{background:var(--wash)}
footer{margin-top:4rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.85rem}
@media (max-width:640px){body{padding:1.4rem 1rem 3rem}h1{font-size:1.55rem}h2{margin-top:2.4rem}th,td{padding:.3rem .5rem}.found li{grid-template-columns:1fr}.short{font-size:1.03rem}}
@media print{body{padding:0;max-width:none;font-size:10pt}nav{display:none}.found li{break-inside:avoid}h2{break-after:avoid;margin-top:1.6rem}figure,table:not(.long){break-inside:avoid}thead{display:table-header-group}.scroll{overflow:visible}figure svg{max-width:100%}a{color:inherit;text-decoration:none}@page{margin:16mm 14mm}}
`;
