"""The page on submissions that are alike, with their code side by side."""

from d2l_shim.files import write_text
from tabbook.course import similar
from tabbook.grading import pages, submissions
from tabbook.grading.grader import short
from tabbook.notebooks import install
from tabbook.text.marks import given
from tabbook.text.split import split

SHOWN = 100  # pairs
PAGE = pages.template("""\
<body class="wide">
<h1>{{ title }}: submissions that are alike</h1>
<p>{{ count }} submissions were compared, as code without comments, with the names that
students chose replaced and what the assignment gives left out. A share says how much of
the shorter one's own code is in the other; what many wrote counts little.</p>
<p><strong>This page accuses nobody.</strong> Short answers to one question are alike by
nature, and two who learned together write alike. Read both before you speak to anyone.
</p>
{% if not pairs %}
<p>No two have {{ '%.0f' % (100 * least) }} % or more in common.</p>
{% endif %}
{% if pairs | length > shown %}
<p>{{ pairs | length }} pairs are alike; these are the {{ shown }} most alike.</p>
{% endif %}
{% for pair in pairs[:shown] %}
<details>
<summary><strong>{{ '%.0f' % (100 * pair.share) }} %</strong>
{{ names[pair.first.name] | line }} · {{ names[pair.second.name] | line }}</summary>
<div class="pair">
{% for text in pair.marked() %}
<pre>{% for line, common in text %}
{% if common and line.strip() %}<mark>{{ line | lines }}</mark>
{% else %}{{ line | lines }}
{% endif %}
{% endfor %}</pre>
{% endfor %}
</div>
</details>
{% endfor %}
{% if apart %}
<h2>Not compared</h2>
<ul>
{% for name, why in apart %}
<li>{{ names[name] | line }}: {{ why | line }}</li>
{% endfor %}
</ul>
{% endif %}
""")


def collect(found, section, tab):
    """([similar.Code], [(name, why it has none)]) of submissions."""
    codes, apart = [], []
    for submission in found:
        try:
            cells = submission.cells(short(section), tab)
        except submissions.Unreadable as error:
            apart.append((submission.name, str(error)))
        else:
            codes.append(similar.code(submission.name, cells))
    return codes, apart


def start(section, tab, project):
    """The cells that a student gets."""
    first = [install.cell(tab, project) or '']
    cells = split(section, tab, project.library)
    return [*first, *(given(cell.source) for cell in cells)]


def write(codes, apart, cells, title, names, least, path):
    """Write the page to `path`; how many pairs are alike.

    `cells` are what was given; `names` is {submission: how it is called there}.
    """
    pairs, few = similar.pairs(codes, cells, least)
    why = 'It has too little code of its own.'
    apart = [*apart, *((code.name, why) for code in few)]
    apart.sort(key=lambda pair: names[pair[0]])
    text = PAGE.render(
        title=title,
        count=len(codes) - len(few),
        pairs=pairs,
        names=names,
        least=least,
        shown=SHOWN,
        apart=apart,
    )
    write_text(path, text)
    return len(pairs)
