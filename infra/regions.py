"""The regions in which the stack cannot be deployed."""

from __future__ import annotations

__all__ = ["REGIONS_WITHOUT_SES", "region_problem"]

REGIONS_WITHOUT_SES = frozenset(
    {
        "ap-east-1", "ap-east-2", "ap-southeast-4", "ap-southeast-6", "ap-southeast-7",
        "cn-north-1", "cn-northwest-1", "eu-south-2", "mx-central-1",
    }
)  # fmt: skip
"""Regions where CloudFormation has no resource types of SES.

AWS publishes the types of each region, and cfn-lint has a copy:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-resource-specification.html
"""


def region_problem(region: str) -> str | None:
    """Return why the stack cannot be deployed in the region."""
    if region in REGIONS_WITHOUT_SES or region.startswith("cn-"):
        return (
            f"{region} has no SES resource types in CloudFormation: set AWS_REGION to another "
            "region, see docs/deploying.md"
        )
    return None
