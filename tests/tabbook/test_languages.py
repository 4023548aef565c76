"""Catalogs of translations: kept up to date, and held to what they translate."""

import shutil

import pytest
from babel.messages.catalog import Message
from docutils import nodes

from tabbook.languages import catalogs
from tabbook.languages.check import Checked, findings
from tabbook.project import Project
from tabbook.reading.originals import _with_points
from tests.helpers import ROOT


@pytest.fixture
def checked():
    return Checked(Project(ROOT))


FAULTS = (
    ('Read $k + 1$ maps.', '맵을 읽습니다.', 'formula fewer'),
    ('Read $k + 1$ maps.', '맵 $k + 2$를 읽습니다.', 'formula fewer'),
    ('There are 758,226.', '758,262개입니다.', '758226 is lost'),
    ('See {eq}`eq-layer`.', '{eq}`eq-memory` 참조.', 'role fewer'),
    ('Call `fit` now.', '지금 부르십시오.', 'code fewer'),
    ('Read [this](a.html).', '[이것](b.html) 읽기.', 'link fewer'),
    ('It is **new**.', '새롭습니다.', 'strong emphasis fewer'),
    ('It costs much.', '비용 $k가 큽니다.', 'the mark $'),
    ('It is read.', '읽습니다.\n\n또 읽습니다.', 'second one'),
    ('It is read.', '1. 읽습니다.', 'it begins as'),
    ('A dense block.', '밀집한 덩어리.', 'terms.yml'),
    ('See {eq}`eq-layer`.', '{eq}`eq-layer`을 보십시오.', 'particle'),
)


@pytest.mark.parametrize(('english', 'korean', 'said'), FAULTS)
def test_what_a_translation_must_keep(checked, english, korean, said):
    found = list(checked.message(Message(english, korean), 'ko', {}))
    assert any(said in text for text in found), found


def test_a_comment_allows_a_number(checked):
    message = Message('A fifteenth.', '15분의 1.', user_comments=['number: 15, 1'])
    assert not list(checked.message(message, 'ko', {}))


def test_russian_has_a_decimal_comma_and_no_break_between_groups(checked):
    english = 'From 0.926 to 758,226.'

    def found(russian):
        return list(checked.message(Message(english, russian), 'ru', {}))

    assert not found('От 0,926 до 758\xa0226.')
    assert '758226 is lost' in found('От 0,926 до 758,226.')[0]


def test_the_catalogs_of_the_book_are_without_fault():
    assert not findings(Project(ROOT))


def test_a_catalog_is_brought_up_to_date(tmp_path):
    shutil.copy(ROOT / '_config.yml', tmp_path)
    project = Project(tmp_path)
    language = project.languages['ko']

    def update(*messages):
        return catalogs.update(project, language, 'a', list(messages))

    assert update('A small book', 'Gone').new == 2
    path = project.catalog('ko', 'a')
    text = path.read_text('utf-8')
    path.write_text(text.replace('book"\nmsgstr ""', 'book"\nmsgstr "책"'), 'utf-8')
    counts = update('A small red book', 'Other')
    assert (counts.changed, counts.untranslated) == (1, 1)
    text = path.read_text('utf-8')
    assert '#| msgid "A small book"' in text
    update('A small red book', 'Other')
    assert path.read_text('utf-8') == text


@pytest.fixture
def published(tmp_path):
    """A book of one page that is published in Korean, with a catalog begun."""
    config = 'title: A\nlanguages: {ko: {name: 한국어, published: true}}\n'
    (tmp_path / '_config.yml').write_text(config, 'utf-8')
    (tmp_path / '_toc.yml').write_text('root: a\n', 'utf-8')
    project = Project(tmp_path)
    catalogs.update(project, project.languages['ko'], 'a', ['One', 'Two'])
    return project


def said(project, *messages, page='a'):
    """What is found about the one page of a book that has these messages."""
    return [str(fault) for fault in findings(project, lambda: {page: messages})]


def test_a_published_language_lacks_no_message(published):
    path = published.catalog('ko', 'a')
    text = path.read_text('utf-8')
    one, two = said(published, 'One', 'Two')
    assert "'One' is not translated: 한국어 is published" in one
    line = text[: text.index('msgid "Two"')].count('\n') + 1
    assert two.startswith(f'{path}:{line}')
    done = text.replace('One"\nmsgstr ""', 'One"\nmsgstr "하나"')
    done = done.replace('Two"\nmsgstr ""', 'Two"\nmsgstr "둘"')
    path.write_text(done, 'utf-8')
    assert said(published, 'One', 'Two') == []
    path.write_text(done.replace('msgid "Two"', '#, fuzzy\nmsgid "Two"'), 'utf-8')
    (fuzzy,) = said(published, 'One', 'Two')
    assert "'Two' is fuzzy" in fuzzy


def test_a_published_language_has_nothing_stale(published):
    path = published.catalog('ko', 'a')
    text = path.read_text('utf-8').replace('"One"\nmsgstr ""', '"One"\nmsgstr "하나"')
    path.write_text(text, 'utf-8')
    missing, stale = said(published, 'One', 'Three')
    assert '1 new messages are missing' in missing
    assert "'Two' is stale" in stale


def test_a_page_of_a_published_language_may_wait_but_not_the_words_of_all(published):
    published.catalog('ko', 'a').unlink()
    assert said(published, 'One') == []
    (gone,) = said(published, 'One', page='tool')
    assert 'there is no such catalog: `make translate LANGUAGE=ko PAGES=tool`' in gone


def test_a_language_that_is_not_published_may_lack_all(published):
    config = published.settings.read_text('utf-8').replace(', published: true', '')
    published.settings.write_text(config, 'utf-8')
    assert said(Project(published.root), 'One', 'Three') == []


def test_an_original_has_the_quoted_numbers_of_english():
    text = 'From 1,12 to 10\xa0000 of 5,000, as 2,5 said.'
    copy = nodes.paragraph('', '', nodes.Text(text), nodes.literal('', '0,3'))
    message = 'From {{ a }} to {{ b }} of 5,000, as {{ c }} said.`0,3`'
    told = _with_points(copy, message).astext()
    assert told == 'From 1.12 to 10,000 of 5,000, as 2.5 said.0,3'


def test_with_some_of_the_tabs_nothing_can_be_told_to_be_stale(published, monkeypatch):
    monkeypatch.setattr('tabbook.languages.check.TABS', {'jax': None})
    path = published.catalog('ko', 'a')
    text = path.read_text('utf-8').replace('"One"\nmsgstr ""', '"One"\nmsgstr "하나"')
    path.write_text(text, 'utf-8')
    assert said(published, 'One') == []
