"""Regions without the resource types of SES are named before a deployment begins."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from infra.regions import REGIONS_WITHOUT_SES, region_problem
from tests.infra.synthesis import ROOT, SynthesisedStack


def test_regions_are_those_of_cloudformation(stack: SynthesisedStack) -> None:
    types = {resource["Type"] for resource in stack.resources.values()}
    providers = resources.files("cfnlint") / "data" / "schemas" / "providers"

    without = {
        file.name.removesuffix(".json")
        for file in providers.iterdir()
        if "-" in file.name and not types <= json.loads(file.read_text()).keys()
    }

    assert "cn-north-1" in without
    assert without == REGIONS_WITHOUT_SES


def _synthesise(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra.app"],
        cwd=ROOT,
        env={**os.environ, "CDK_OUTDIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("region", ["cn-north-1", "eu-south-2"])
def test_synthesis_names_a_region_without_ses(tmp_path: Path, region: str) -> None:
    context = json.dumps({"stage": "dev"})

    result = _synthesise(tmp_path, CDK_DEFAULT_REGION=region, CDK_CONTEXT_JSON=context)

    assert result.returncode == 1
    assert f"{region} has no SES resource types in CloudFormation" in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1", ""])
def test_other_regions_are_not_named(region: str) -> None:
    assert region_problem(region) is None


def test_regions_are_in_the_documentation() -> None:
    page = (ROOT / "docs" / "deploying.md").read_text()

    assert sorted(region for region in REGIONS_WITHOUT_SES if region not in page) == []
