"""A container may use fewer cores than the machine has."""

from __future__ import annotations

import pytest

from serving.server.cores import cores, quota

WORTH = {"max 100000": None, "150000 100000": 2, "50000 100000": 1, "what": None, "": None}


@pytest.mark.parametrize(("text", "worth"), WORTH.items())
def test_a_quota_is_worth_as_many_cores(tmp_path, text, worth):
    (tmp_path / "cpu.max").write_text(text)
    assert quota(tmp_path / "cpu.max") == worth


def test_without_control_groups_there_is_no_quota(tmp_path):
    assert quota(tmp_path / "cpu.max") is None
    assert cores() >= 1
