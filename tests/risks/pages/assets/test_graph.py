"""The neighbourhood of an asset."""

from itertools import pairwise

from risks.pages.assets import graph as graphs
from risks.services.catalogue import add_dependency
from tests.risks import factories


def make_chain(organization, *names):
    chain = [factories.make_asset(organization, name=name) for name in names]
    for asset, target in pairwise(chain):
        add_dependency(actor=None, asset=asset, target=target)
    return chain


def test_steps_go_both_ways(organization, django_assert_num_queries):
    chain = make_chain(organization, *"ABCDE")
    with django_assert_num_queries(2):
        graph = graphs.load_graph(chain[2], 1)
    assert {node.name: node.step for node in graph.nodes.values()} == {"B": -1, "C": 0, "D": 1}
    assert graph.has_more_steps


def test_too_many_assets_are_cut(organization, monkeypatch):
    monkeypatch.setattr(graphs, "MOST_ASSETS", 2)
    graph = graphs.load_graph(make_chain(organization, *"ABC")[0], 3)
    assert graph.is_cut
    assert len(graph.edges) == 1
