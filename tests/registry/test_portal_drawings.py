"""Drawings of the portal: each is checked by a property or against another way to the same numbers."""

from __future__ import annotations

import hashlib
import itertools
import random
from datetime import UTC, date, datetime, timedelta

import pytest

from registry.audit.tree import Tree, inclusion_proof, leaf_hash
from registry.model import Contract, DailyUsage, Lifecycle, SemanticVersion, State
from registry.model.graph import Edge, EdgeKind, Graph, Node, NodeId, NodeKind
from registry.usecases.ending import Ending, StillCalling
from registry.web.portal.drawings.graph import BOX_HEIGHT, BOX_WIDTH, draw_graph, file_name, short_number
from registry.web.portal.drawings.proof import steps_of
from registry.web.portal.drawings.timeline import LEFT, RIGHT, WIDTH, draw_timeline
from registry.web.portal.drawings.usage import OTHERS, SERIES_MAX, TOP, draw_usage, level_step
from registry.web.portal.texts import code_marked, flowing

TODAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


def node(kind: NodeKind, name: str) -> NodeId:
    return NodeId(kind, name)


ORDERS = node(NodeKind.CONTRACT, "orders")


def graph_of(seed: int) -> Graph:
    """Some nodes around `orders`, linked at random."""
    chance = random.Random(seed)
    names = [ORDERS] + [node(chance.choice(list(NodeKind)), f"n{number}") for number in range(20)]
    kinds = list(EdgeKind)
    edges = {
        Edge(
            one := chance.choice(names),
            chance.choice([other for other in names if other != one]),
            chance.choice(kinds),
            1,
            chance.randrange(1_000_000),
        )
        for _ in range(40)
    }
    return Graph(tuple(Node(name) for name in names), tuple(edges), truncated=False)


@pytest.mark.parametrize("seed", range(20))
def test_every_node_and_edge_is_drawn_and_no_box_covers_another(seed: int) -> None:
    graph = graph_of(seed)
    drawing = draw_graph(graph, ORDERS)

    assert {box.node.id for box in drawing.boxes} == {one.id for one in graph.nodes}
    assert {line.edge for line in drawing.lines} == set(graph.edges)
    places = [(box.x, box.y) for box in drawing.boxes]
    for index, (x, y) in enumerate(places):
        assert 0 <= x <= drawing.width - BOX_WIDTH
        assert 0 <= y <= drawing.height - BOX_HEIGHT
        for other_x, other_y in places[index + 1 :]:
            assert abs(x - other_x) >= BOX_WIDTH or abs(y - other_y) >= BOX_HEIGHT


def test_who_uses_it_stands_to_the_left_and_what_it_rests_on_to_the_right() -> None:
    portal, money = (
        node(NodeKind.CONSUMER, "portal"),
        node(NodeKind.SCHEMA, "https://x.test/money.v1.schema.yaml"),
    )
    graph = Graph(
        (Node(ORDERS), Node(portal), Node(money)),
        (Edge(portal, ORDERS, EdgeKind.CALLS, 1, 12_345), Edge(ORDERS, money, EdgeKind.REFERS, 1)),
        truncated=False,
    )
    drawing = draw_graph(graph, ORDERS)
    boxes = {box.node.id: box for box in drawing.boxes}

    assert boxes[portal].x < boxes[ORDERS].x < boxes[money].x
    assert boxes[money].label == "money.v1"
    assert [line.label for line in drawing.lines] == ["12.3k", ""]


@pytest.mark.parametrize(
    ("address", "shown"),
    [("a/b.schema.yaml", "b"), ("b.json", "b"), ("https://x.test/", "https://x.test/"), (".yaml", ".yaml")],
)
def test_a_schema_is_known_by_the_end_of_its_address(address: str, shown: str) -> None:
    assert file_name(address) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(0, "0"), (999, "999"), (1_000, "1k"), (12_345, "12.3k"), (4_500_000, "4.5M")]
)
def test_numbers_are_short_beside_lines(number: int, shown: str) -> None:
    assert short_number(number) == shown


def test_bars_of_a_day_stand_upon_each_other_and_add_up_to_its_calls() -> None:
    usage = [
        DailyUsage(TODAY - timedelta(days=back), f"c{number}", 10 * (number + 1) + back, number)
        for back in range(3)
        for number in range(8)
    ]
    drawing = draw_usage(usage, TODAY, 30)

    assert drawing is not None
    assert [one.name for one in drawing.series][-1] == OTHERS
    assert len(drawing.series) == SERIES_MAX + 1
    assert sum(one.calls for one in drawing.series) == sum(one.calls for one in usage)
    assert sum(one.errors for one in drawing.series) == sum(one.errors for one in usage)
    per_call = (drawing.base - TOP) / level_top(drawing.levels)
    for row in drawing.rows:
        bars = [bar for bar in drawing.bars if bar.label.startswith(f"{row.day}")]
        assert sum(bar.height for bar in bars) == pytest.approx(row.calls * per_call, abs=0.5)
        tops = sorted(bars, key=lambda bar: -bar.y)
        for below, above in itertools.pairwise(tops):
            assert above.y + above.height == pytest.approx(below.y, abs=0.2)


def level_top(levels: object) -> int:
    return int(list(levels)[-1].label)  # type: ignore[call-overload]


def test_days_outside_are_not_drawn_and_no_calls_are_no_drawing() -> None:
    old = DailyUsage(TODAY - timedelta(days=30), "c", 5, 0)

    assert draw_usage([old], TODAY, 30) is None
    assert draw_usage([], TODAY, 30) is None
    assert draw_usage([old], TODAY, 31) is not None


@pytest.mark.parametrize("most", [1, 2, 7, 10, 99, 2_204, 10**9])
def test_a_scale_has_a_few_lines_only(most: int) -> None:
    assert 1 <= -(-most // level_step(most)) <= 6


def ending(days: int | None, *, calls: int = 0) -> Ending:
    contract = Contract("orders", "id", "openapi", "Orders", "system", "finance", "erp-team", "all")
    sunset = None if days is None else NOW + timedelta(days=days)
    callers = (StillCalling("portal", "account-team", calls, NOW),) if calls else ()
    life = Lifecycle(State.DEPRECATED, NOW - timedelta(days=10), sunset)
    return Ending(contract, SemanticVersion(1, 2, 3), life, days, callers)


@pytest.mark.parametrize(
    ("days", "calls", "tone"),
    [(200, 5, "calm"), (None, 5, "calm"), (20, 0, "soon"), (-5, 7, "late"), (-5, 0, "soon")],
)
def test_what_ends_is_drawn_within_the_months_in_the_tone_of_its_haste(
    days: int | None, calls: int, tone: str
) -> None:
    drawing = draw_timeline([ending(days, calls=calls), ending(2_000), ending(-2_000)], NOW)
    span = drawing.spans[0]

    assert span.tone == tone
    assert span.label == "orders v1"
    assert len(drawing.months) == 18
    for one in drawing.spans:
        assert one.x >= LEFT
        assert one.x + one.width <= WIDTH - RIGHT + 4
    assert drawing.spans[1].is_open
    assert LEFT < drawing.today_x < WIDTH


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13, 64, 72])
def test_the_steps_of_a_proof_lead_to_the_root_and_cover_the_whole_log(size: int) -> None:
    leaves = [leaf_hash(str(number).encode()) for number in range(size)]
    nodes: dict[tuple[int, int], bytes] = {}
    tree = Tree()
    for leaf in leaves:
        tree, complete = tree.grown(leaf)
        nodes |= {(one.level, one.position): one.digest for one in complete}
    for index in range(size):
        path = inclusion_proof(lambda level, position: nodes[level, position], index, size)
        steps = steps_of(leaves[index], index, size, path)

        assert (steps[-1].result if steps else leaves[index]) == tree.root
        covered = {index}
        for step in steps:
            added = set(range(step.first, step.last + 1))
            assert not covered & added
            covered |= added
            assert covered == set(range(step.covers_first, step.covers_last + 1))
        assert covered == set(range(size))
        wrong = hashlib.sha256(leaves[index]).digest()
        assert not steps or steps_of(wrong, index, size, path)[-1].result != tree.root


def test_words_of_an_author_flow_and_nothing_of_them_is_markup() -> None:
    text = "One line\ngoes on.\n\nA list:\n- `a` <b>\n- b\n"

    assert flowing(text) == "<p>One line goes on.</p><p>A list:<br>- <code>a</code> &lt;b&gt;<br>- b</p>"
    assert code_marked("`<script>`") == "<code>&lt;script&gt;</code>"
    assert code_marked("a ` b") == "a ` b"
