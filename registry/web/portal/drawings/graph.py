"""The graph around a node in columns: who uses it to the left, what it rests on to the right."""

from __future__ import annotations

import math
from dataclasses import dataclass

from registry.model.graph import Edge, EdgeKind, Graph, Node, NodeId, NodeKind

BOX_WIDTH, BOX_HEIGHT = 208, 46
COLUMN_GAP, ROW_GAP = 118, 16
MARGIN = 12
TITLE_CHARS_MAX, NOTE_CHARS_MAX = 24, 30
STROKE_MAX = 5.0
LABEL_AT = 0.2
"""Where along a line its label stands: near the source, where lines lie apart."""
ORDER = {NodeKind.TEAM: 0, NodeKind.CONSUMER: 1, NodeKind.CONTRACT: 2, NodeKind.SCHEMA: 3}


@dataclass(frozen=True, slots=True)
class Box:
    """A node with the place of its upper left corner; ``label`` fits the box, ``node`` has the whole name."""

    node: Node
    x: int
    y: int
    label: str
    note: str
    is_focus: bool


@dataclass(frozen=True, slots=True)
class Line:
    """An edge as an SVG path, with what stands beside it and where."""

    edge: Edge
    path: str
    width: float
    label: str
    label_x: int
    label_y: int


@dataclass(frozen=True, slots=True)
class GraphDrawing:
    """Everything with the size of the canvas."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def draw_graph(graph: Graph, focus: NodeId) -> GraphDrawing:
    """Columns by distance from the focus: against an edge to the left, along it to the right."""
    columns = columns_of(graph, focus)
    rows = rows_of(graph, columns)
    first = min(columns.values(), default=0)
    tallest = max((len(names) for names in rows.values()), default=1)
    height = 2 * MARGIN + tallest * (BOX_HEIGHT + ROW_GAP) - ROW_GAP
    nodes = {node.id: node for node in graph.nodes}
    boxes: dict[NodeId, Box] = {}
    for column, names in rows.items():
        taken = len(names) * (BOX_HEIGHT + ROW_GAP) - ROW_GAP
        top = MARGIN + (height - 2 * MARGIN - taken) // 2
        x = MARGIN + (column - first) * (BOX_WIDTH + COLUMN_GAP)
        for position, name in enumerate(names):
            y = top + position * (BOX_HEIGHT + ROW_GAP)
            boxes[name] = box_of(nodes[name], x, y, is_focus=name == focus)
    width = 2 * MARGIN + (max(rows, default=0) - first + 1) * (BOX_WIDTH + COLUMN_GAP) - COLUMN_GAP
    lines = tuple(
        line_of(edge, boxes[edge.source], boxes[edge.target])
        for edge in graph.edges
        if edge.source in boxes and edge.target in boxes
    )
    return GraphDrawing(width, height, tuple(boxes.values()), lines)


def columns_of(graph: Graph, focus: NodeId) -> dict[NodeId, int]:
    """The column of each node; the focus is in column 0."""
    known = {node.id for node in graph.nodes}
    columns = {focus: 0}
    frontier = [focus]
    while frontier:
        reached: list[NodeId] = []
        for edge in graph.edges:
            for end, other, step in ((edge.source, edge.target, 1), (edge.target, edge.source, -1)):
                if end in frontier and other not in columns and other in known:
                    columns[other] = columns[end] + step
                    reached.append(other)
        frontier = reached
    for node in known - set(columns):
        columns[node] = 0
    return columns


def rows_of(graph: Graph, columns: dict[NodeId, int]) -> dict[int, list[NodeId]]:
    """The nodes of each column from the top, near those that they are linked with."""
    linked: dict[NodeId, list[NodeId]] = {}
    for edge in graph.edges:
        linked.setdefault(edge.source, []).append(edge.target)
        linked.setdefault(edge.target, []).append(edge.source)
    rows: dict[int, list[NodeId]] = {}
    height: dict[NodeId, float] = {}
    for column in sorted(set(columns.values()), key=lambda one: (abs(one), one)):
        names = [name for name, at in columns.items() if at == column]
        keys = {}
        for name in names:
            near = [height[other] for other in linked.get(name, ()) if other in height]
            keys[name] = (sum(near) / len(near) if near else 0.0, ORDER[name.kind], name.name)
        rows[column] = sorted(names, key=keys.__getitem__)
        for position, name in enumerate(rows[column]):
            height[name] = position - (len(names) - 1) / 2
    return rows


def box_of(node: Node, x: int, y: int, *, is_focus: bool) -> Box:
    """A node as its box shows it; the name of a schema is an address, whose last part tells it.

    A team is told by its name, as everywhere else: its title says what it does.
    """
    name = node.id.name
    if node.id.kind is NodeKind.SCHEMA:
        title = file_name(name)
    else:
        title = name if node.id.kind is NodeKind.TEAM else node.title or name
    return Box(node, x, y, cut(title, TITLE_CHARS_MAX), cut(note_of(node), NOTE_CHARS_MAX), is_focus)


def file_name(address: str) -> str:
    """The last part of an address without what all of them end with; the whole when that leaves nothing."""
    last = address.rpartition("/")[2]
    for ending in (".yaml", ".yml", ".json", ".schema"):
        last = last.removesuffix(ending)
    return last or address


def note_of(node: Node) -> str:
    """The second line of a box."""
    if node.id.kind is NodeKind.CONSUMER:
        return f"of {node.owner}" if node.owner else "not registered"
    if node.id.kind is NodeKind.CONTRACT:
        return " · ".join(part for part in (node.layer, node.owner) if part)
    return node.id.kind.value


def cut(text: str, chars: int) -> str:
    """What fits."""
    return text if len(text) <= chars else text[: chars - 1] + "…"


def line_of(edge: Edge, source: Box, target: Box) -> Line:
    """A curve from the source to the target, thicker for more calls."""
    y, end_y = source.y + BOX_HEIGHT // 2, target.y + BOX_HEIGHT // 2
    if source.x == target.x:
        x = end_x = source.x + BOX_WIDTH
        near, far = x + 60, x + 60
    elif source.x < target.x:
        x, end_x = source.x + BOX_WIDTH, target.x - 6
        near = far = (x + end_x) // 2
    else:
        x, end_x = source.x, target.x + BOX_WIDTH + 6
        near = far = (x + end_x) // 2
    path = f"M{x} {y} C{near} {y} {far} {end_y} {end_x} {end_y}"
    width = 1.5 if not edge.calls else min(STROKE_MAX, 1.2 + 0.7 * math.log10(edge.calls))
    label_x, label_y = along(x, near, far, end_x), along(y, y, end_y, end_y)
    return Line(edge, path, round(width, 1), label_of(edge), label_x, label_y + 4)


def along(start: int, near: int, far: int, end: int) -> int:
    """A coordinate of a cubic Bezier curve at `LABEL_AT`."""
    at, rest = LABEL_AT, 1 - LABEL_AT
    return round(rest**3 * start + 3 * rest**2 * at * near + 3 * rest * at**2 * far + at**3 * end)


def label_of(edge: Edge) -> str:
    """Calls are counted; the other kinds are told by the way the line is drawn."""
    if edge.kind is not EdgeKind.CALLS:
        return ""
    return short_number(edge.calls or 0)


def short_number(number: int) -> str:
    """``950``, ``12.3k``, ``4.5M``."""
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if number >= unit:
            return f"{number / unit:.1f}".rstrip("0").rstrip(".") + name
    return str(number)
