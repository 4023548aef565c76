"""The architecture explorer under a reader's hands."""

import re

import pytest

PAGE = 'book/explorer.html'
TOTALS = ('channels', 'parameters', 'multiplyAdds', 'memory')
BOOK = ['248', '758,226', '129,077,168', '5.71 MB']
SHIFT = """() => new Promise(done => new PerformanceObserver(list => done(
    list.getEntries().reduce((sum, entry) => sum + entry.value, 0)
)).observe({type: 'layout-shift', buffered: true}) || setTimeout(done, 300, 0))"""


def totals(page):
    return [
        page.locator(f'[data-quantity="{name}"] strong').inner_text() for name in TOTALS
    ]


def rows(page):
    return page.locator('#explorer tbody tr').all_inner_texts()


@pytest.fixture
def visit(reader):
    visit = reader()
    visit.open(PAGE)
    yield visit
    assert visit.faults == []


@pytest.fixture
def page(visit):
    return visit.page


def test_it_starts_with_the_books_network(page):
    assert totals(page) == BOOK
    assert page.get_by_label('Start from').input_value() == 'book'
    assert page.locator('#explorer tfoot').inner_text().split()[:2] == [
        'Total',
        '758,226',
    ]


@pytest.mark.parametrize(
    ('label', 'parameters'),
    [
        ('DenseNet-121', '7,978,856'),
        ('DenseNet-169', '14,149,480'),
        ('DenseNet-201', '20,013,928'),
        ('DenseNet-161 (k = 48)', '28,681,000'),
        ('DenseNet-264', '33,337,704'),
        ('DenseNet-BC (L = 250, k = 24)', '15,324,406'),
        ('DenseNet-BC (L = 100, k = 12)', '769,162'),
    ],
)
def test_a_preset_shows_its_network_and_the_way_back(page, label, parameters):
    page.get_by_label('Start from').select_option(label=label)
    assert totals(page)[1] == parameters
    page.get_by_label('Start from').select_option('book')
    assert totals(page) == BOOK


def test_keys_move_a_slider_and_everything_follows(page):
    before = rows(page)
    page.get_by_label('Growth rate').focus()
    page.keyboard.press('ArrowLeft')
    assert page.get_by_label('Growth rate').input_value() == '31'
    assert totals(page)[1] != '758,226'
    assert all(old != new for old, new in zip(before[1:], rows(page)[1:], strict=True))
    assert page.get_by_label('Start from').input_value() == ''
    page.keyboard.press('ArrowRight')
    assert (totals(page), rows(page)) == (BOOK, before)
    assert page.get_by_label('Start from').input_value() == 'book'


@pytest.mark.parametrize(
    ('label', 'parameters'), [('Bottleneck to 4k', '980,434'), ('Biases', '757,322')]
)
def test_space_ticks_a_box(page, label, parameters):
    page.get_by_label(label).focus()
    page.keyboard.press('Space')
    assert totals(page)[1] == parameters


def test_each_control_changes_what_it_says(page):
    for label, keys in {
        'Layers in block 4': 'ArrowRight',
        'Stem channels': 'ArrowLeft',
        'Compression': 'ArrowLeft',
        'Dense blocks': 'ArrowLeft',
        'Image size': 'ArrowRight',
        'Image channels': 'ArrowUp',
        'Classes': 'ArrowUp',
    }.items():
        before = totals(page)
        page.get_by_label(label).focus()
        page.keyboard.press(keys)
        assert totals(page) != before, label
    assert not page.get_by_label('Layers in block 4').is_visible()
    page.get_by_role('combobox', name='Stem', exact=True).select_option('cifar')
    assert page.locator('#explorer tbody').inner_text().split()[:2] == ['Stem', '63']


def test_tab_reaches_every_control_in_order_and_shows_where_it_is(page):
    page.get_by_label('Start from').focus()
    reached = []
    for _ in range(16):
        here = page.locator(':focus')
        reached.append(here.get_attribute('name') or here.get_attribute('aria-label'))
        assert here.evaluate('it => parseFloat(getComputedStyle(it).outlineWidth)') > 1
        page.keyboard.press('Tab')
    assert reached == [
        'preset',
        'growthRate',
        'blocks',
        *['layers'] * 4,
        'compression',
        'channels',
        'stem',
        'inputSize',
        'inputChannels',
        'classes',
        'batch',
        'beside',
        'bottleneck',
    ]


def test_the_totals_are_said_when_the_sliders_rest_and_not_before(page):
    said = page.get_by_role('status').filter(has_text=re.compile('parameters'))
    assert said.count() == 0
    page.get_by_label('Growth rate').focus()
    page.keyboard.press('ArrowRight')
    page.keyboard.press('ArrowLeft')
    said.wait_for(state='attached')
    assert said.inner_text() == '758,226 parameters, 129 M multiply-adds, 5.71 MB'


def test_a_network_stands_beside_another_and_the_address_keeps_it(page, reader):
    page.get_by_label('Compare with').select_option('resnet-18')
    foot = page.locator('#explorer tfoot tr')
    assert 'sees 435' in foot.nth(1).inner_text()
    assert '11,180,170' in foot.nth(1).inner_text()
    beside = page.locator('[data-quantity="parameters"] .explorer-beside')
    assert beside.inner_text() == 'ResNet-18: 11,180,170, 14.7 times'
    assert page.url.endswith('#preset=book&beside=resnet-18')
    again = reader().open(page.url)
    assert again.locator('#explorer tfoot tr').count() == 2
    page.get_by_label('Compare with').select_option('')
    assert foot.count() == 1
    assert beside.inner_text() == ''


def test_a_batch_needs_as_many_times_the_memory(page):
    page.get_by_label('Images in a batch').fill('256')
    assert totals(page) == [*BOOK[:3], '1.46 GB']
    assert 'a batch of 256' in page.locator('#explorer caption').inner_text()
    assert page.url.endswith('#preset=book&batch=256')
    page.get_by_label('Images in a batch').fill('1')
    assert totals(page) == BOOK


def test_each_part_says_how_far_it_sees(page):
    seen = page.locator('#explorer tbody small').all_inner_texts()
    assert seen[0] == 'sees 11'
    assert seen[-1] == 'sees 519'
    assert page.locator('[data-quantity="field"] strong').inner_text() == '519 px'
    page.get_by_label('List each layer').check()
    listed = page.locator('#explorer tbody small').all_inner_texts()
    assert listed[:5] == [f'sees {n}' for n in (11, 19, 27, 35, 43)]


def test_the_address_keeps_the_setting(reader):
    visit = reader()
    page = visit.open(PAGE)
    page.get_by_label('Growth rate').fill('24')
    page.get_by_label('Layers in block 2').fill('7')
    before, address = totals(page), page.url
    assert 'growthRate=24&arch=4-7-4-4' in address
    page.get_by_label('Start from').select_option('densenet-121')
    assert page.url.endswith('#preset=densenet-121')
    page.reload()
    assert totals(page)[1] == '7,978,856'
    page.evaluate('address => { location = address }', address)
    page.wait_for_function('document.querySelector("[name=growthRate]").value === "24"')
    assert totals(page) == before
    assert totals(reader().open(address)) == before


@pytest.mark.parametrize(
    'hash',
    [
        '#what-to-try',
        '#preset=nonsense',
        '#arch=%3Cimg%20src%3Dx%3E&stem=%3Cb%3E',
        '#growthRate=-5&inputSize=x',
    ],
)
def test_an_address_that_makes_no_sense_shows_the_books_network(reader, hash):
    visit = reader()
    assert totals(visit.open(PAGE + hash)) == BOOK
    assert visit.faults == []


def test_an_address_beyond_the_controls_ends_at_their_limits(reader):
    page = reader().open(f'{PAGE}#growthRate=1000000&arch=1-2-3-4-5-6-7&classes=1e9')
    assert page.get_by_label('Growth rate').input_value() == '64'
    assert 'growthRate' in page.url
    assert len(rows(page)) == 2 + 5 + 4
    assert '10,000' in rows(page)[-1]
    assert page.get_by_label('Classes').input_value() == '10000'
    note = page.locator('.explorer-note')
    assert 'Growth rate 1000000 is shown as 64' in note.inner_text()
    assert 'Layers 1,2,3,4,5,6,7 is shown as 1,2,3,4,5' in note.inner_text()
    page.get_by_label('Growth rate').fill('32')
    assert not note.is_visible()


def test_an_image_that_is_too_small_is_explained(page):
    page.get_by_label('Image size').fill('28')
    assert 'Transition 3' in page.get_by_role('alert').inner_text()
    assert not page.locator('.explorer-results').is_visible()
    page.get_by_label('Dense blocks').fill('3')
    assert not page.get_by_role('alert').is_visible()
    assert page.locator('.explorer-results').is_visible()
    assert '112 \u00d7 1\u00a0\u00d7\u00a01' in rows(page)[-3]


def test_a_phone_shows_at_its_foot_why_nothing_is_shown(reader):
    page = reader(width=360).open(f'{PAGE}#inputSize=28')
    page.get_by_label('Classes').focus()
    foot = page.locator('.explorer-sum')
    assert 'Transition 3' in foot.inner_text()
    assert foot.bounding_box()['y'] + foot.bounding_box()['height'] <= 900


def test_every_layer_can_be_listed(page):
    assert len(rows(page)) == 9
    page.get_by_label('List each layer').check()
    listed = rows(page)
    assert len(listed) == 1 + 16 + 3 + 1
    assert listed[4].startswith('Block 1, layer 4')
    assert '192 \u00d7 24' in listed[4]


def test_bars_are_as_long_as_their_numbers(page):
    script = """bars => bars.map(bar => [
        bar.getBoundingClientRect().width / bar.parentElement.clientWidth,
        Number(bar.parentElement.querySelector('data').value)])"""
    for column in (3, 4, 5):
        bars = page.locator(f'#explorer tbody td:nth-child({column}) .bar')
        told = bars.evaluate_all(script)
        widest = max(width for width, _ in told)
        most = max(number for _, number in told)
        for width, number in told:
            assert width / widest == pytest.approx(number / most, abs=0.02)


def test_charts_have_a_bar_for_each_layer_and_a_sentence(page):
    for name in TOTALS:
        chart = page.locator(f'[data-quantity="{name}"] svg')
        heights = chart.locator('rect').evaluate_all(
            'bars => bars.map(bar => Number(bar.getAttribute("height")))'
        )
        assert len(heights) == 21
        assert max(heights) == 100
    label = page.locator('[data-quantity="parameters"] svg').get_attribute('aria-label')
    assert label == 'Parameters of each of 21 layers; most in Block 4, layer 4: 62,672'


def test_a_thing_to_try_is_set_and_brought_into_view(page):
    page.get_by_role('button', name='Double the growth rate').click()
    assert totals(page)[1] == '2,681,570'
    assert 'growthRate=64' in page.url
    assert page.locator(':focus').get_attribute('name') == 'preset'
    assert 0 <= page.get_by_label('Growth rate').bounding_box()['y'] < 900


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_a_phone_shows_all_of_it(reader, scheme):
    visit = reader(width=360, scheme=scheme)
    page = visit.open(f'{PAGE}#preset=densenet-201')
    assert page.evaluate('document.documentElement.scrollWidth') <= 360
    table = page.locator('.explorer-table')
    assert table.evaluate('it => it.scrollWidth - it.clientWidth') <= 0
    for control in page.locator('#explorer :is(input, select):visible').all():
        assert control.bounding_box()['height'] >= 17
    page.get_by_label('Growth rate').focus()
    assert page.locator('.explorer-sum').is_visible()
    assert '20,013,928 parameters' in page.locator('.explorer-sum').inner_text()
    assert visit.faults == []


def test_axe_finds_nothing_in_a_long_list_and_in_a_refusal(page, axe):
    page.evaluate(axe)
    page.get_by_label('Start from').select_option('densenet-201')
    page.get_by_label('List each layer').check()
    assert page.evaluate('axe.run("#explorer").then(found => found.violations)') == []
    page.get_by_label('Image size').fill('8')
    assert page.get_by_role('alert').is_visible()
    assert page.evaluate('axe.run("#explorer").then(found => found.violations)') == []


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_bars_stand_out_from_the_page(reader, scheme):
    page = reader(scheme=scheme).open(PAGE)
    script = 'it => getComputedStyle(it).fill'
    colours = page.locator('#explorer rect').evaluate_all(f'all => all.map({script})')
    ground = page.evaluate('getComputedStyle(document.body).backgroundColor')
    assert len(set(colours)) == 3
    assert all(contrast(colour, ground) >= 3 for colour in set(colours))


def contrast(*colours):
    """The contrast of two CSS colours, as WCAG defines it."""
    lights = []
    for colour in colours:
        parts = [int(n) / 255 for n in re.findall(r'\d+', colour)[:3]]
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
        ]
        lights.append(
            0.05
            + sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
        )
    return max(lights) / min(lights)


def test_without_a_script_the_table_is_there_and_the_same(browser, address, page):
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f'{address}/{PAGE}')
    assert rows(plain) == rows(page)
    assert plain.locator('#explorer table').is_visible()
    for hidden in ('#explorer form', '.explorer-charts', '[data-setting]'):
        assert not plain.locator(hidden).first.is_visible()
    context.close()


@pytest.mark.parametrize('width', [360, 1440])
def test_nothing_jumps_while_it_loads(reader, width):
    assert reader(width=width).open(PAGE).evaluate(SHIFT) < 0.1
