"""Clients of the local AWS."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from local_aws import ACCOUNT, REGION, LocalAws


def client(aws: LocalAws, service: str) -> Any:  # noqa: ANN401 (boto3 has no types for its clients)
    """Make a client that neither gives up early nor repeats an invocation."""
    return boto3.client(
        service,
        endpoint_url=aws.url,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="local",
        config=Config(read_timeout=120, retries={"total_max_attempts": 1}),
    )
