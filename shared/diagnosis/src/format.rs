//! The access-log formats that make every cause visible. The console's and the frameworks' default
//! formats lack the fields that tell causes apart.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html>

use crate::{AccessRecord, ApiType, Field};

/// The most API Gateway accepts.
pub const MAX_FORMAT_BYTES: usize = 3 * 1024;

/// Fields that every kind of API can log.
const COMMON: [Field; 20] = [
    Field::RequestId,
    Field::ExtendedRequestId,
    Field::ApiId,
    Field::Stage,
    Field::RequestTimeEpoch,
    Field::Status,
    Field::ErrorResponseType,
    Field::ErrorMessage,
    Field::IntegrationError,
    Field::IntegrationServiceStatus,
    Field::IntegrationCodeStatus,
    Field::IntegrationLatency,
    Field::IntegrationRequestId,
    Field::AuthorizerError,
    Field::AuthorizerStatus,
    Field::AuthorizerRequestId,
    Field::SourceIp,
    Field::UserAgent,
    Field::Caller,
    Field::DomainName,
];

/// What only requests over HTTP have.
const OVER_HTTP: [Field; 4] =
    [Field::HttpMethod, Field::Path, Field::ResponseLatency, Field::ResponseLength];

/// The phases before the integration, which HTTP APIs do not log.
const PHASES: [Field; 6] = [
    Field::AuthenticateError,
    Field::AuthenticateStatus,
    Field::AuthorizeError,
    Field::AuthorizeStatus,
    Field::WafError,
    Field::WafStatus,
];

const REST_ONLY: [Field; 5] = [
    Field::ResourcePath,
    Field::ApiKeyId,
    Field::WafResponseCode,
    Field::ValidationError,
    Field::XrayTraceId,
];

const WEBSOCKET_ONLY: [Field; 5] = [
    Field::RouteKey,
    Field::EventType,
    Field::ConnectionId,
    Field::ApiKeyId,
    Field::ValidationError,
];

/// Without these fields most failures can only be told by their status.
const DECIDING: [Field; 3] =
    [Field::ErrorResponseType, Field::IntegrationError, Field::IntegrationServiceStatus];

/// The fields of the recommended format for a kind of API.
pub fn fields(api_type: ApiType) -> Vec<Field> {
    let own: &[&[Field]] = match api_type {
        ApiType::Rest => &[&COMMON, &OVER_HTTP, &PHASES, &REST_ONLY],
        ApiType::Http => &[&COMMON, &OVER_HTTP, &[Field::RouteKey]],
        ApiType::WebSocket => &[&COMMON, &PHASES, &WEBSOCKET_ONLY],
    };
    own.concat()
}

/// The recommended format on one line: JSON whose keys are the names of the variables.
pub fn recommended(api_type: ApiType) -> String {
    let pairs: Vec<String> = fields(api_type)
        .into_iter()
        .map(|field| format!(r#""{0}":"$context.{0}""#, field.context_name()))
        .collect();
    format!("{{{}}}", pairs.join(","))
}

/// The deciding fields that a record's format does not log, as `$context` names.
pub fn missing_fields(record: &AccessRecord<'_>) -> Vec<&'static str> {
    // The flat name of the same variable says the same.
    let logged = |field| {
        record.logs(field)
            || (field == Field::IntegrationServiceStatus && record.logs(Field::IntegrationStatus))
    };
    DECIDING.into_iter().filter(|&field| !logged(field)).map(Field::context_name).collect()
}

#[cfg(test)]
mod tests {
    use super::{MAX_FORMAT_BYTES, missing_fields, recommended};
    use crate::{ApiType, Field, Reader};

    #[test]
    fn the_formats_are_one_line_of_json_and_fit() {
        for &api_type in ApiType::ALL {
            let format = recommended(api_type);
            assert!(format.len() < MAX_FORMAT_BYTES && !format.contains(['\n', '\'']), "{format}");
            let parsed: serde_json::Value = serde_json::from_str(&format).unwrap();
            assert!(parsed["requestId"].is_string(), "API Gateway demands it");
            assert_eq!(parsed["error.responseType"], "$context.error.responseType");
        }
    }

    #[test]
    fn a_line_in_the_recommended_format_is_read_in_full() {
        for &api_type in ApiType::ALL {
            let line = recommended(api_type).replace("$context.", "value-of-");
            let record = Reader::default().read(&line).unwrap();
            for field in super::fields(api_type) {
                assert_eq!(
                    record.get(field),
                    Some(format!("value-of-{}", field.context_name()).as_str())
                );
            }
            assert!(missing_fields(&record).is_empty());
        }
    }

    #[test]
    fn default_formats_lack_the_deciding_fields() {
        let console = r#"{"requestId":"a","status":"500"}"#;
        let record = Reader::default().read(console).unwrap();
        assert_eq!(
            missing_fields(&record),
            ["error.responseType", "integration.error", "integration.integrationStatus"]
        );
        let flat = r#"{"status":"500","integrationStatus":"-","integrationErrorMessage":"-","responseType":"-"}"#;
        assert!(missing_fields(&Reader::default().read(flat).unwrap()).is_empty());
        assert!(record.logs(Field::Status));
    }
}
