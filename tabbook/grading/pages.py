"""What the pages for teachers and students have in common."""

import jinja2

from tabbook.grading import foreign

STYLE = """\
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto;
       padding: 0 1rem; color: #1c2430; background: #fff }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0;
          border-bottom: 1px solid #d5dae1 }
td:last-child { overflow-wrap: anywhere }
.full { color: #14692f } .none { color: #a3281c }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
.note { color: #4d5867 } .total { font-size: 1.5rem }
svg { max-width: 100%; height: auto } svg text { font: 13px system-ui, sans-serif }
.bar { fill: #2f6db3 } .axis { stroke: #8a94a3 }
.share { background: #e4e8ee; width: min(8rem, 12vw); height: .7rem; margin-top: .4rem }
.share i { display: block; height: 100%; background: #2f6db3 }
.worst td { background: #fdf1ef }
pre { overflow-x: auto; background: #f3f5f8; padding: .75rem; margin: 0 }
mark { background: #ffe08a }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem }
.pair > * { min-width: 0 }
summary { cursor: pointer; padding: .4rem 0 }
.wide { max-width: 90rem }
@media (max-width: 40rem) { th, td { padding-right: .4rem; font-size: .85rem } }
"""
HEAD = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
{{ style | safe }}</style>
"""


def shown(points):
    """A number of points on a page or in a cell."""
    return f'{round(points, 2):g}'


# All that is filled in is escaped, for much of it a student wrote.
PAGES = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
PAGES.filters |= {
    'line': foreign.line, 'lines': foreign.lines, 'number': shown,
}  # fmt: skip


def template(body):
    """The template of a page with this body."""
    return PAGES.from_string(f'{HEAD}{body}</html>\n', {'style': STYLE})
