"""The visual language: few colours with one meaning each, one type scale, for light and dark.

Accent is what is looked at now, faint grey what it is compared with. Blue is more, orange is less: the pair that people
with any common colour blindness tell apart, and every use of it carries a sign or an arrow as well. Networks have no
colours; they are named.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import streamlit as st

FONT = '"Source Sans", "Source Sans 3", sans-serif'
SMALL, BODY, LABEL = 11, 12, 13  # pixels in charts


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as #rrggbb. `accent`: now; `before`: the comparison; `more`, `less`, `same`: above, below, like usual."""

    ink: str
    muted: str
    faint: str
    line: str
    surface: str
    panel: str
    accent: str
    before: str
    more: str
    less: str
    same: str
    demo: str
    demo_surface: str


LIGHT = Palette(
    ink="#17212b", muted="#55626f", faint="#8793a0", line="#d9dfe5", surface="#ffffff", panel="#f4f6f8",
    accent="#1f5fa8", before="#aab4be", more="#1f5fa8", less="#b3500f", same="#eef0f2", demo="#6b4a00",
    demo_surface="#fdf1d3",
)  # fmt: skip
DARK = Palette(
    ink="#e8edf2", muted="#a5b1bd", faint="#7d8995", line="#333d48", surface="#12171d", panel="#1c232b",
    accent="#7db4ee", before="#5c6874", more="#7db4ee", less="#f0a35e", same="#262e37", demo="#f5d58a",
    demo_surface="#3a2f12",
)  # fmt: skip


def name() -> str:
    """The theme that the person sees now: light or dark."""
    return "dark" if st.context.theme.type == "dark" else "light"


def palette() -> Palette:
    """Its colours."""
    return DARK if name() == "dark" else LIGHT


@cache
def chart_config(colours: Palette) -> dict[str, Any]:
    """Vega-Lite configuration: no frame, no ticks, hairline grid, labels rather than legends."""
    text = {"font": FONT, "fontSize": BODY, "color": colours.muted}
    axis = {
        "labelFont": FONT, "titleFont": FONT, "labelFontSize": SMALL, "titleFontSize": SMALL,
        "labelColor": colours.muted, "titleColor": colours.muted, "titleFontWeight": "normal",
        "domain": False, "ticks": False, "labelPadding": 6, "gridColor": colours.line, "gridOpacity": 0.7,
    }  # fmt: skip
    return {
        "background": "transparent",
        "font": FONT,
        "padding": 4,
        "view": {"stroke": None},
        "axis": axis,
        "axisX": {"grid": False},
        "header": {"labelFont": FONT, "titleFont": FONT, "labelColor": colours.ink, "labelFontSize": LABEL},
        "legend": {
            "labelFont": FONT, "titleFont": FONT, "labelFontSize": SMALL, "titleFontSize": SMALL,
            "labelColor": colours.muted, "titleColor": colours.muted, "titleFontWeight": "normal",
            "orient": "top", "symbolStrokeWidth": 0,
        },
        "text": text,
        "title": {"font": FONT, "fontSize": LABEL, "color": colours.ink, "anchor": "start", "fontWeight": 600},
        "range": {
            "category": [colours.accent, colours.less, colours.muted, colours.before],
            "diverging": [colours.less, colours.same, colours.more],
            "ramp": [colours.same, colours.more],
        },
    }  # fmt: skip


def show(chart: Any, *, alt: str, key: str | None = None, width: Literal["stretch", "content"] = "stretch") -> None:
    """Draw an Altair chart in this language; `alt` says in a sentence what it shows."""
    st.altair_chart(chart.configure(**chart_config(palette())), width=width, theme=None, key=key, alt=alt)


def style() -> None:
    """The page's own styles, as variables of the present palette. Once per run, before anything else."""
    colours = palette()
    variables = "".join(f"--cn-{name.replace('_', '-')}:{getattr(colours, name)};" for name in Palette.__slots__)
    st.html(f"<style>:root{{{variables}}}{_CSS}</style>")


_CSS = """
.stMainBlockContainer{padding-top:4.25rem;max-width:78rem}
:focus-visible{outline:3px solid var(--cn-accent)!important;outline-offset:2px;border-radius:4px}
.cn-sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.cn-demo{display:inline-block;padding:.15rem .6rem;border-radius:999px;font-size:.8rem;font-weight:600;
 color:var(--cn-demo);background:var(--cn-demo-surface)}
.cn-note{color:var(--cn-muted);font-size:.9rem;margin:0}
.cn-note strong{color:var(--cn-ink);font-weight:600}
.cn-cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,16.5rem),1fr));gap:.9rem}
.cn-card{border:1px solid var(--cn-line);border-radius:8px;padding:.9rem 1rem .8rem;background:var(--cn-surface)}
.cn-card h3{font-size:1rem;font-weight:600;margin:0;padding:0;color:var(--cn-ink)}
.cn-card .cn-sub{color:var(--cn-muted);font-size:.85rem;margin:0 0 .55rem}
.cn-row{display:flex;justify-content:space-between;align-items:baseline;gap:.75rem;padding:.28rem 0;
 border-top:1px solid var(--cn-line);font-size:.92rem}
.cn-row>span:first-child{color:var(--cn-muted)}
.cn-row .cn-value{font-variant-numeric:tabular-nums;font-weight:600;color:var(--cn-ink);text-align:right}
.cn-row .cn-value{white-space:nowrap}.cn-row .cn-value small{font-weight:500;margin-left:.35rem}
.cn-row .cn-value .cn-missing{white-space:normal}
.cn-lead{display:flex;align-items:baseline;gap:.6rem;margin:.1rem 0 .5rem}
.cn-lead b{font-size:1.65rem;font-weight:600;line-height:1.15;font-variant-numeric:tabular-nums;color:var(--cn-ink)}
.cn-lead span{color:var(--cn-muted);font-size:.85rem}
.cn-more{color:var(--cn-more)}.cn-less{color:var(--cn-less)}.cn-same{color:var(--cn-muted)}
.cn-missing{color:var(--cn-muted);font-weight:400;font-size:.85rem}
.cn-big{display:flex;flex-wrap:wrap;gap:.5rem 2.5rem;margin:.2rem 0 .4rem}
.cn-big>div{min-width:8rem}
.cn-big b{display:block;font-size:1.9rem;font-weight:600;line-height:1.2;font-variant-numeric:tabular-nums}
.cn-big span{color:var(--cn-muted);font-size:.9rem}
.cn-list{list-style:none!important;margin:0!important;padding:0!important}
.cn-list a,.cn-table a,.cn-note a,.cn-state a{
 color:var(--cn-accent);text-decoration:underline;text-underline-offset:2px}
.cn-list li{display:grid;grid-template-columns:4.6rem 1fr;gap:.2rem .9rem;padding:.65rem 0;
 border-top:1px solid var(--cn-line);margin:0}
.cn-list li>b{font-size:1.15rem;font-weight:600;font-variant-numeric:tabular-nums;color:var(--cn-ink)}
.cn-list p{margin:0;overflow-wrap:anywhere;display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;
 overflow:hidden}
.cn-table{width:100%;border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums}
.cn-scroll{overflow-x:auto}
.cn-table th{font-weight:500;color:var(--cn-muted);text-align:left;padding:.35rem .8rem .35rem 0;white-space:nowrap;
 border:0;border-bottom:1px solid var(--cn-line)}
.cn-table td{padding:.4rem .8rem .4rem 0;border:0;border-bottom:1px solid var(--cn-line);vertical-align:top}
.cn-scroll .cn-table td:first-child{min-width:8.5rem}
.cn-table .cn-n{text-align:right;white-space:nowrap}
.cn-state{border:1px solid var(--cn-line);border-radius:8px;padding:1.6rem 1.6rem 1.4rem;max-width:46rem;
 background:var(--cn-panel)}
.cn-state h2{font-size:1.25rem;margin:0 0 .4rem;padding:0}
.cn-state p{margin:.3rem 0;max-width:62ch}
.cn-state pre{background:var(--cn-surface);border:1px solid var(--cn-line);border-radius:6px;padding:.6rem .8rem;
 overflow-x:auto;font-size:.85rem;margin:.6rem 0}
.cn-text{white-space:pre-wrap;overflow-wrap:anywhere;max-width:70ch;margin:0}
@media (max-width:640px){
 .stMainBlockContainer{padding-left:1rem;padding-right:1rem;padding-top:4rem}
 .cn-big{gap:.4rem 1.6rem}.cn-big b{font-size:1.5rem}.cn-big>div{min-width:6rem}
 .cn-list li{grid-template-columns:3.6rem 1fr}
}
@media (prefers-reduced-motion:reduce){*{transition:none!important;animation:none!important}}
"""
