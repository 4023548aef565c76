"""Figures that can be watched at work, and the picture that a shared link shows."""

from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from tabbook.project import Project
from tabbook.reading.pixels import drawn

WATCHED = 'watched'  # the class of such a figure
PICTURE = Path('figures', 'dense_connectivity.svg')  # where the figure comes to rest
PARTS = (
    '<link rel="stylesheet" href="{static}watch.css">'
    '<script src="{static}watch.js" defer></script>'  # the text waits for no script
)


def setup(app):
    """Register both with Sphinx."""
    app.add_post_transform(Watched)
    app.connect('html-page-context', _name_picture)
    app.connect('build-finished', _draw_picture)


class Watched(SphinxPostTransform):
    """Bring the script that draws such a figure, and the style that keeps its room."""

    default_priority = 900
    formats = ('html',)

    def run(self, **kwargs):
        static = '../' * self.env.docname.count('/') + '_static/'
        for figure in list(self.document.findall(nodes.figure)):
            if WATCHED in figure['classes']:
                parts = nodes.raw('', PARTS.format(static=static), format='html')
                figure.parent.insert(figure.parent.index(figure), parts)


def _name_picture(app, pagename, templatename, context, doctree):
    """Tell the template where the page and its picture are published, if anywhere."""
    project = Project(Path(app.srcdir))
    if _picture(app).is_file() and project.site:
        context['picture'] = f'{project.site}/_static/{PICTURE.stem}.png'


def _draw_picture(app, exception):
    """Write the picture as those who show links want it: no drawing, but pixels."""
    if not exception and app.builder.format == 'html' and _picture(app).is_file():
        pixels, _ = drawn(_picture(app).read_bytes())
        target = Path(app.outdir, '_static', f'{PICTURE.stem}.png')
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(pixels)


def _picture(app):
    return Project(Path(app.srcdir)).book / PICTURE
