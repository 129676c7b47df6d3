"""The hash tree against the test data of Certificate Transparency (RFC 6962)."""

import check
from steelyard_wire import tree
from steelyard_wire.codes import SYNTAX


def test_roots():
    content = check.vectors("merkle")
    frontier = tree.Frontier()
    assert frontier.root() == content["roots"][0]
    for index, leaf in enumerate(content["leaves"]):
        frontier.append(leaf)
        assert frontier.size == index + 1
        assert frontier.root() == content["roots"][index + 1]


def test_hashes_of_leaf_and_node():
    content = check.vectors("merkle")
    first, second = content["leaves"][:2]
    assert tree.leaf_hash(first) == content["roots"][1]
    both = tree.node_hash(tree.leaf_hash(first), tree.leaf_hash(second))
    assert both == content["roots"][2]


def test_a_stored_frontier_goes_on():
    content = check.vectors("merkle")
    for cut in range(9):
        frontier = tree.Frontier()
        for leaf in content["leaves"][:cut]:
            frontier.append(leaf)
        nodes = frontier.to_list()
        assert len(nodes) == (0, 1, 1, 2, 1, 2, 2, 3, 1)[cut]
        again = tree.Frontier.from_list(cut, nodes)
        nodes.append(b"not its own")
        for leaf in content["leaves"][cut:]:
            again.append(leaf)
        assert again.root() == content["roots"][8]


def test_a_frontier_that_does_not_fit_is_refused():
    node = bytes(32)
    for size, nodes in (
        (0, [node]),
        (1, []),
        (2, [node, node]),
        (3, [node]),
        (-1, []),
        (-1, [node]),
        (1, [bytes(31)]),
        (1, [bytes(33)]),
        (1, ["0" * 32]),
        (1, [None]),
    ):
        check.refused(SYNTAX, tree.Frontier.from_list, size, nodes)
