"""docs/PEERS.md is what a whole run said, and nobody's hand."""

import json

import pytest
from page import LAST_RUN, PAGE, Incomplete, answers_of, every_cell, render


@pytest.fixture
def run():
    return json.loads(LAST_RUN.read_text("utf-8"))


def test_the_page_is_made_of_the_last_run(run):
    assert PAGE.read_text("utf-8") == render(run)


def test_the_last_run_asked_every_cell(run):
    assert {answer.cell for answer in answers_of(run)} == every_cell()


def test_a_run_with_a_failed_cell_makes_no_page(run):
    run["cells"][0][4:] = ["failed", "bad decrypt"]
    with pytest.raises(Incomplete, match="failed"):
        render(run)


def test_a_run_of_some_peers_makes_no_page(run):
    run["cells"] = [cell for cell in run["cells"] if cell[0] != "gpgsm"]
    with pytest.raises(Incomplete, match="gpgsm"):
        render(run)
