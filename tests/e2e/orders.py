"""REST APIs with functions that really throw, in the local AWS, and lines of their access logs.

The local AWS runs the functions and keeps their logs, and writes no access log: those lines are
written here, in the stage's own format, with the ids of real invocations.
"""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from e2e.client import client
from e2e.traffic import Event
from local_aws import ACCOUNT, REGION, LocalAws
from waiting import wait_for

# Neither names the API or its stage.
CSV = (
    "$context.requestId,$context.requestTimeEpoch,$context.httpMethod,$context.resourcePath,"
    "$context.status,$context.integration.requestId"
)
OTHER_CSV = (
    "$context.status,$context.httpMethod,$context.resourcePath,$context.requestId,"
    "$context.requestTimeEpoch,-"
)

# The local AWS splits what is printed into lines and puts no time and id before them, as Python's
# runtime on AWS does; so the function reports its error in one line, as that runtime does with JSON
# logging.
_HANDLER = """
import datetime, json, traceback

def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

def handler(event, context):
    try:
        return {"statusCode": 200, "body": event["order"]["id"]}
    except Exception as error:
        print(json.dumps({
            "timestamp": now(),
            "log_level": "ERROR",
            "errorType": type(error).__name__,
            "errorMessage": str(error),
            "stackTrace": traceback.format_tb(error.__traceback__),
            "requestId": context.aws_request_id,
        }), flush=True)
        raise
"""


@dataclass(frozen=True)
class OrdersApi:
    """One API, whose `GET /orders/{id}` is answered by a function of the same name."""

    aws: LocalAws
    name: str
    id: str

    @staticmethod
    def create(aws: LocalAws, name: str, stages: dict[str, tuple[str, str]]) -> OrdersApi:
        """Make the function, the API, and its stages with the log group and format of each."""
        gateway = client(aws, "apigateway")
        function = _function(aws, name)
        api = gateway.create_rest_api(name=name)["id"]
        parent = gateway.get_resources(restApiId=api)["items"][0]["id"]
        for part in ("orders", "{id}"):
            made = gateway.create_resource(restApiId=api, parentId=parent, pathPart=part)
            parent = made["id"]
        where = {"restApiId": api, "resourceId": parent, "httpMethod": "GET"}
        gateway.put_method(**where, authorizationType="NONE")
        gateway.put_integration(
            **where,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations",
        )
        for stage, (log_group, log_format) in stages.items():
            gateway.create_deployment(restApiId=api, stageName=stage)
            destination = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{log_group}"
            gateway.update_stage(
                restApiId=api,
                stageName=stage,
                patchOperations=[
                    {
                        "op": "replace",
                        "path": "/accessLogSettings/destinationArn",
                        "value": destination,
                    },
                    {"op": "replace", "path": "/accessLogSettings/format", "value": log_format},
                ],
            )
        return OrdersApi(aws, name, api)

    @property
    def function_log_group(self) -> str:
        """The log group that the function writes to."""
        return f"/aws/lambda/{self.name}"

    def throw(self) -> str:
        """Invoke the function, which throws; returns the id that Lambda gave the invocation."""
        answer = client(self.aws, "lambda").invoke(FunctionName=self.name, Payload=b"{}")
        assert answer["FunctionError"]

        def started() -> list[str]:
            logs = client(self.aws, "logs")
            found = logs.filter_log_events(logGroupName=self.function_log_group)["events"]
            words = [event["message"].split() for event in found]
            return [line[2] for line in words if line[:2] == ["START", "RequestId:"]]

        return wait_for("line of the function's log", started)[-1]

    def outage(self, log_format: str, invocations: Sequence[str]) -> list[Event]:
        """Write the access log of requests of which every third failed with 502, in this format."""
        now = int(time.time() * 1_000)
        events = []
        for number in range(30):
            failed = number % 3 == 0
            # A request comes before the invocation that answers it.
            at = now - 10_000 + number
            invocation = invocations[number % len(invocations)] if failed else str(uuid.uuid4())
            values = {
                "$context.integration.requestId": invocation,
                "$context.requestId": str(uuid.uuid4()),
                "$context.requestTimeEpoch": str(at),
                "$context.httpMethod": "GET",
                "$context.resourcePath": "/orders/{id}",
                "$context.status": "502" if failed else "200",
            }
            message = ",".join(values.get(part, part) for part in log_format.split(","))
            events.append(Event(at, message, f"{at:056d}"))
        return events


def _function(aws: LocalAws, name: str) -> str:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("orders.py", _HANDLER)
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = client(aws, "iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps(trust)
    )["Role"]["Arn"]
    functions = client(aws, "lambda")
    made = functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="orders.handler",
        Role=role,
        Code={"ZipFile": archive.getvalue()},
    )

    def is_active() -> bool:
        return functions.get_function_configuration(FunctionName=name)["State"] == "Active"

    wait_for("active function", is_active)
    return made["FunctionArn"]
