//! Texts that API Gateway and Lambda write, and what each of them means.

mod errors;
mod function;
mod gateway;

pub(super) use errors::of_error_type;
pub(super) use function::{of_message, of_service};
pub(super) use gateway::{of_gateway, of_lambda_service};

use crate::Cause;
use crate::Confidence;

/// What a text means, and how sure that is.
type Meaning = (Cause, Confidence);
