"""The neighbourhood of an asset: what it depends on and what depends on it, over some steps.

It is drawn as SVG with a link for each asset: what depends on it on the left, what it depends on
on the right, each step in a column of its own.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q

from risks.models import Asset, AssetDependency, DependencyKind

MOST_ASSETS = 200
MOST_LINKS = 2000  # that are read for one step
MOST_HOPS, USUAL_HOPS = 5, 2
KINDS = {str(value): str(label) for value, label in DependencyKind.choices}
BOX_WIDTH, BOX_HEIGHT, COLUMN, ROW, MARGIN = 170, 34, 250, 46, 10


@dataclass
class GraphNode:
    """An asset with its step: below 0 where it depends on the asset, above 0 the other way."""

    id: UUID
    step: int
    name: str = ""
    criticality: str = ""
    x: int = 0
    y: int = 0

    @property
    def text_x(self) -> int:
        return self.x + 10

    @property
    def text_y(self) -> int:
        return self.y + 22


@dataclass(frozen=True)
class GraphEdge:
    source: GraphNode
    target: GraphNode
    kind: str
    id: UUID

    @property
    def path(self) -> str:
        """Return the curve from the right side of the one to the left side of the other."""
        x1, y1 = self.source.x + BOX_WIDTH, self.source.y + BOX_HEIGHT // 2
        x2, y2 = self.target.x, self.target.y + BOX_HEIGHT // 2
        bend = max(40, (x2 - x1) // 2)
        return f"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"

    @property
    def label(self) -> str:
        return KINDS[self.kind].lower()


@dataclass
class AssetGraph:
    """The assets around one, at most MOST_ASSETS; `is_cut` where there are more."""

    nodes: dict[UUID, GraphNode] = field(default_factory=dict)
    edges: list[GraphEdge] = field(default_factory=list)
    is_cut: bool = False
    has_more_steps: bool = False
    circle: list[str] = field(default_factory=list)  # names of assets that depend on themselves
    width: int = 0
    height: int = 0

    @property
    def rows(self) -> list[GraphEdge]:
        """Return the dependencies in the order of a table."""
        return sorted(
            self.edges,
            key=lambda e: (abs(e.source.step), e.source.name.casefold(), e.target.name.casefold()),
        )


def load_graph(asset: Asset, hops: int) -> AssetGraph:
    """Load the neighbourhood with one query for each step, and one for the names."""
    graph = AssetGraph(nodes={asset.pk: GraphNode(asset.pk, 0)})
    links: dict[UUID, tuple[UUID, UUID, str]] = {}
    forward, backward = {asset.pk}, {asset.pk}
    seen_forward, seen_backward = {asset.pk}, {asset.pk}
    for step in range(1, hops + 1):
        found = read_links(forward, backward)
        graph.is_cut = graph.is_cut or len(found) == MOST_LINKS
        next_forward, next_backward = set(), set()
        for pk, source, target, kind in found:
            links[pk] = (source, target, kind)
            if source in forward and target not in seen_forward:
                next_forward.add(target)
            if target in backward and source not in seen_backward:
                next_backward.add(source)
        for keys, sign in ((next_forward, 1), (next_backward, -1)):
            for key in sorted(keys):
                if key in graph.nodes:
                    continue
                if len(graph.nodes) >= MOST_ASSETS:
                    graph.is_cut = True
                    break
                graph.nodes[key] = GraphNode(key, sign * step)
        forward, backward = next_forward & graph.nodes.keys(), next_backward & graph.nodes.keys()
        seen_forward |= forward
        seen_backward |= backward
        if not forward and not backward:
            break
    graph.has_more_steps = bool(forward or backward)
    add_names(graph)
    graph.edges = [
        GraphEdge(graph.nodes[source], graph.nodes[target], kind, pk)
        for pk, (source, target, kind) in links.items()
        if source in graph.nodes and target in graph.nodes
    ]
    circle = (seen_forward & seen_backward) - {asset.pk}
    graph.circle = sorted((graph.nodes[pk].name for pk in circle), key=str.casefold)
    place_nodes(graph)
    return graph


def read_links(forward: set[UUID], backward: set[UUID]) -> list[tuple[UUID, UUID, UUID, str]]:
    """Read the dependencies of assets of `forward`, and those on assets of `backward`."""
    links = AssetDependency.objects.filter(Q(asset__in=forward) | Q(target__in=backward))
    rows: Any = links.order_by("id").values_list("pk", "asset", "target", "kind")
    return list(rows[:MOST_LINKS])


def add_names(graph: AssetGraph) -> None:
    rows = Asset.objects.filter(pk__in=graph.nodes).values_list("pk", "name", "criticality")
    for pk, name, criticality in rows:
        graph.nodes[pk].name, graph.nodes[pk].criticality = name, criticality


def place_nodes(graph: AssetGraph) -> None:
    """Give each asset its place: a column for each step, sorted by name, centred."""
    columns: dict[int, list[GraphNode]] = defaultdict(list)
    for node in graph.nodes.values():
        columns[node.step].append(node)
    longest = max(len(nodes) for nodes in columns.values())
    first = min(columns)
    for step, nodes in columns.items():
        nodes.sort(key=lambda node: node.name.casefold())
        top = MARGIN + (longest - len(nodes)) * ROW // 2
        for index, node in enumerate(nodes):
            node.x, node.y = MARGIN + (step - first) * COLUMN, top + index * ROW
    graph.width = 2 * MARGIN + (max(columns) - first) * COLUMN + BOX_WIDTH
    graph.height = 2 * MARGIN + longest * ROW
