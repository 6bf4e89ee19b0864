//! Backends that are down or cannot be reached.

use super::links;
use crate::catalogue::{Entry, Example};
use crate::{ApiType, Cause, Confidence, Family, Fault, RetryAdvice};

/// In the order of the causes.
pub(super) const ENTRIES: &[Entry] = &[VPC_LINK_FAILED, BACKEND_UNAVAILABLE];

const VPC_LINK_FAILED: Entry = Entry {
    cause: Cause::VpcLinkFailed,
    family: Family::ServiceUnavailable,
    fault: Fault::AwsNetwork,
    retry: RetryAdvice::Backoff,
    retry_reason: "a short pause bridges a change of targets; a broken link needs a repair",
    title: "Private connection to the backend is broken",
    explanation: "API Gateway reaches this backend through a VPC link, and that path does not \
        work: the link itself, the load balancer's targets, a security group or a stale Cloud Map \
        record.",
    next_steps: &[
        "The link must be AVAILABLE: `aws apigateway get-vpc-link --vpc-link-id VPC_LINK_ID` (HTTP \
         API: `aws apigatewayv2 get-vpc-link --vpc-link-id VPC_LINK_ID`; it goes INACTIVE after 60 \
         days without traffic).",
        "The targets must be healthy: `aws elbv2 describe-target-health --target-group-arn \
         TARGET_GROUP_ARN`.",
        "The security groups of link and load balancer must let the traffic through; for a network \
         load balancer see whether it enforces them on PrivateLink traffic.",
        "With Cloud Map, look for records that a redeployment left behind.",
    ],
    may_be: &[],
    links: &[links::REPOST_500_VPC, links::PRIVATE_INTEGRATION],
    example: Example {
        status: 500,
        api_type: ApiType::Rest,
        confidence: Confidence::Medium,
        route: "GET /lab",
        evidence: &[
            ("integration.error", "There was an internal error while executing your request"),
            ("error.responseType", "API_CONFIGURATION_ERROR"),
        ],
    },
};

const BACKEND_UNAVAILABLE: Entry = Entry {
    cause: Cause::BackendUnavailable,
    family: Family::ServiceUnavailable,
    fault: Fault::BackendCapacity,
    retry: RetryAdvice::Backoff,
    retry_reason: "an overloaded backend needs growing pauses; repeat only what may safely run \
        twice",
    title: "Backend is down or overloaded",
    explanation: "The service behind the API answered 502, 503 or 504 itself. It is not running, \
        has too much to do, or its load balancer has no healthy target.",
    next_steps: &[
        "Is it running? `aws elbv2 describe-target-health --target-group-arn TARGET_GROUP_ARN`; \
         for ECS `aws ecs describe-services --cluster CLUSTER --services SERVICE --query \
         'services[].events[:5]'`.",
        "Add capacity, or look why scaling did not.",
        "To survive peaks, refuse early or queue the work: answer 202 and put it into SQS.",
    ],
    may_be: &[],
    links: &[links::ACCESS_LOG_VARIABLES],
    example: Example {
        status: 503,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /ledger/fx",
        evidence: &[("integration.status", "503")],
    },
};
