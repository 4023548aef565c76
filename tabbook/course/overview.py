"""A page on how a class did: points, tests, and what the hints said most often."""

import re
import statistics
from collections import Counter

from d2l_shim.files import write_text
from tabbook.grading import pages

BARS = 12  # of the histogram, at most
HINTS = 10
WIDTH, HEIGHT, FOOT = 640, 200, 40  # of the histogram, in pixels
# Numbers in a hint, several in a row, too.
NUMBERS = re.compile(r'-?\d(?:[\d.]*\d)?(?:e[+-]?\d+)?(?:, -?\d[\d.]*(?:e[+-]?\d+)?)*')
PAGE = pages.template("""\
<h1>{{ title }}: how the class did</h1>
<p>{{ count }} submissions
{% if missing %}
(and {{ missing }} who handed nothing in, not counted below)
{% endif %}
· mean {{ mean | number }} · median {{ median | number }} · half of them from
{{ quarters[0] | number }} to {{ quarters[1] | number }} · of {{ out_of | number }}
points</p>
<h2>Points</h2>
<svg viewBox="0 0 {{ width }} {{ height + foot }}" width="{{ width }}" role="img"
aria-label="Histogram of points: {% for bar in bars %}{{ bar.label }}:
{{ bar.count }}; {% endfor %}">
{% for bar in bars %}
<rect class="bar" x="{{ bar.x }}" y="{{ bar.y }}" width="{{ bar.width }}"
height="{{ bar.height }}"></rect>
<text x="{{ bar.middle }}" y="{{ bar.y - 5 }}" text-anchor="middle">
{{- bar.count or '' }}</text>
<text x="{{ bar.middle }}" y="{{ height + 18 }}" text-anchor="middle">
{{- bar.label }}</text>
{% endfor %}
<line class="axis" x1="0" x2="{{ width }}" y1="{{ height }}" y2="{{ height }}"></line>
<text x="{{ width / 2 }}" y="{{ height + 36 }}" text-anchor="middle">points</text>
</svg>
<h2>Tests</h2>
<table>
<thead><tr><th>Test</th><th class="number">Mean</th><th class="number">Of</th>
<th>Share</th><th class="number">All points</th><th class="number">None</th></tr>
</thead>
<tbody>
{% for test in tests %}
<tr{{ ' class="worst"' | safe if test.worst }}><td>{{ test.name | line(80) }}
{%- if test.worst %} <em>(hardest)</em>{% endif %}</td>
<td class="number">{{ test.mean | number }}</td>
<td class="number">{{ test.out_of | number }}</td>
<td><div class="share"><i style="width: {{ '%.0f' % (100 * test.share) }}%"></i></div>
</td><td class="number">{{ test.full }}</td><td class="number">{{ test.none }}</td></tr>
{% endfor %}
</tbody>
</table>
<h2>Hints that several saw</h2>
{% if hints %}
<p class="note">Numbers in a hint are left out, so that the same mistake counts as
one.</p>
<table>
<thead><tr><th class="number">Submissions</th><th>Test</th><th>Hint</th></tr></thead>
<tbody>
{% for hint in hints %}
<tr><td class="number">{{ hint.count }}</td><td>{{ hint.test | line(80) }}</td>
<td>{{ hint.text | line }}</td></tr>
{% endfor %}
</tbody>
</table>
{% else %}
<p>No hint came up twice.</p>
{% endif %}
""")


def write(grades, path):
    """Write the page on `grades` to `path`."""
    write_text(path, page(grades))


def page(grades):
    """The page as HTML; no student's name is on it."""
    points = [row.points for row in grades.rows]
    return PAGE.render(
        title=grades.title,
        count=len(points),
        missing=grades.missing,
        mean=statistics.fmean(points),
        median=statistics.median(points),
        quarters=quarters(points),
        out_of=grades.out_of,
        width=WIDTH,
        height=HEIGHT,
        foot=FOOT,
        bars=[*_bars(points, grades.out_of)],
        tests=tests(grades),
        hints=hints(grades),
    )


def quarters(points):
    """Between which points the middle half of a class lies."""
    if len(points) < 2:
        return points[0], points[0]
    low, _, high = statistics.quantiles(points, n=4, method='inclusive')
    return low, high


def histogram(points, out_of):
    """[(lowest points, highest, how many)]: whole steps, the last with full points."""
    top = max(1, round(max([out_of, *points])))
    step = -(-(top + 1) // BARS)
    counts = Counter(min(int(p), top) // step for p in points)
    starts = range(0, top + 1, step)
    return [(s, min(s + step - 1, top), counts[s // step]) for s in starts]


def _bars(points, out_of):
    """What is drawn of the histogram."""
    found = histogram(points, out_of)
    wide, most = WIDTH / len(found), max(count for *_, count in found)
    for number, (low, high, count) in enumerate(found):
        tall = (HEIGHT - 20) * count / most
        yield {
            'x': round(number * wide + 2, 1),
            'middle': round((number + 0.5) * wide, 1),
            'y': round(HEIGHT - tall, 1),
            'width': round(wide - 4, 1),
            'height': round(tall, 1),
            'label': f'{low}' if low == high else f'{low} to {high}',
            'count': count,
        }


def tests(grades):
    """What the class earned for each test; `worst` is the one of the lowest share."""
    found = []
    for test in grades.tests:
        earned = [row.earned[test.name] for row in grades.rows]
        mean = statistics.fmean(earned)
        found.append(
            {
                'name': test.name,
                'out_of': test.out_of,
                'mean': mean,
                'share': min(1, mean / test.out_of) if test.out_of else 1,
                'full': sum(points >= test.out_of for points in earned),
                'none': sum(points == 0 for points in earned),
            }
        )
    lowest = min((test['share'] for test in found), default=1)
    return [t | {'worst': t['share'] == lowest < 1} for t in found]


def hints(grades):
    """The hints that two submissions or more got, the most frequent first."""
    counts = Counter(
        (test, NUMBERS.sub('…', text))
        for row in grades.rows
        for test, text in row.said.items()
        if text
    )
    several = [(key, n) for key, n in counts.most_common(HINTS) if n > 1]
    return [{'test': t, 'text': x, 'count': n} for (t, x), n in several]
