"""Where the book's parts are on the web: all from the address in _config.yml."""

from dataclasses import dataclass
from posixpath import join

COLAB = 'https://colab.research.google.com/github'
PROSE_LICENCE = 'https://creativecommons.org/licenses/by-sa/4.0/'
NOTEBOOKS = 'notebooks'  # the branch that holds the generated notebooks


@dataclass(frozen=True)
class Repository:
    """The book's repository: `url` without a slash at its end, and main `branch`."""

    url: str
    branch: str = 'main'

    def source(self, path):
        """The page that shows the file at `path` of the repository."""
        return f'{self.url}/blob/{self.branch}/{path}'

    def archive(self, tag):
        """The zip of all files as they are at `tag`."""
        return f'{self.url}/archive/{tag}.zip'

    def colab(self, tab, section, language=''):
        """Where Colab opens the generated notebook of `section` for `tab`."""
        name = self.url.partition('://')[2].partition('/')[2]
        path = join(language, notebook(tab, section))
        return f'{COLAB}/{name}/blob/{NOTEBOOKS}/{path}'


def notebook(tab, section):
    """The path of a generated notebook: below `notebooks/`, or its language there."""
    return f'{tab}/{section}.ipynb'


def pdf(tab, name, language=''):
    """The path of a section, or of the `book`, on paper: below `pdf/`."""
    return join(language, tab, f'{name}.pdf')


def bundle(tab, language=''):
    """The path of the zip of all notebooks for `tab`, below `notebooks/`."""
    return f'densenet-book-{language}{"-" * bool(language)}{tab}.zip'
