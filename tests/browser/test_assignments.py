"""On pages and on paper, exercises and their assignments lead to each other."""

from functools import cache

from bs4 import BeautifulSoup

from tabbook.html.assemble import assemble
from tabbook.project import Project

PAGE = 'book/assignments'


def exercises(library):
    """{assignment: (section, label of its exercise)}, as the front matter says."""
    names = library.assignments()
    labels = {n: library[n].front['assignment']['exercise'] for n in names}
    paths = {n: library.path(n) for n in library.sections()}
    texts = {n: path.read_text('utf-8') for n, path in paths.items()}
    return {
        name.rpartition('/')[2]: (section, label)
        for name, label in labels.items()
        for section, text in texts.items()
        if f':label: {label}\n' in text
    }


@cache
def article(root, name):
    """The parsed text of a page; it takes long to parse."""
    text = (Project(root).html / f'{name}.html').read_text('utf-8')
    return BeautifulSoup(text, 'html.parser').find('article')


def test_links_lead_there_and_back(project):
    library, page = Project(project).library, article(project, PAGE)
    found = exercises(library)
    assert len(found) == len(library.assignments()) > 0
    for name, (section, label) in found.items():
        row = page.find(id=f'assignment-{name.replace("_", "-")}')
        (back,) = row.find_parent('tr').select(f'a[href$="{section}.html#{label}"]')
        exercise = article(project, f'notebooks/{section}').find(id=label)
        assert back.text.split()[1] in exercise.text.split('(')[0]
        (led,) = exercise.select(f'a[href="../{PAGE}.html#{row["id"]}"]')
        assert led.text.split() == ['an', 'assignment']

    sections = [f'notebooks/{section}' for section in library.sections()]
    text = assemble(Project(project).html, [*sections, PAGE], 'jax')
    paper = BeautifulSoup(text, 'html.parser')
    for name, (section, label) in found.items():
        row = f'book-assignments--assignment-{name.replace("_", "-")}'
        for place in (row, f'notebooks-{section}--{label}'):
            assert paper.find(id=place)
            assert len(paper.select(f'a[href="#{place}"]')) == 1
