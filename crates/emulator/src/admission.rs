//! Decides whether a session may begin: credentials, then the account's limit, then the parameters.

use std::sync::Arc;

use axum::http::{HeaderMap, header::AUTHORIZATION};
use inturn_protocol::{ConnectionParameters, Encoding};
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    frames::SampleEncoding,
    owners::OpenSession,
    parameters,
    refusal::Refusal,
    service::ServiceState,
    tokens::{TokenGrant, TokenProblem, looks_like_token},
    usage::CountedSession,
};

/// Settings and permits of an accepted session.
pub(crate) struct Admission {
    pub(crate) parameters: ConnectionParameters,
    pub(crate) encoding: SampleEncoding,
    /// Longest duration of the session.
    pub(crate) session_secs: u32,
    /// Permit for a decoder, if the recogniser needs a thread for each session.
    pub(crate) permit: Option<OwnedSemaphorePermit>,
    /// Counts the session for the token's owner, if there is one, until this value is dropped.
    _open_session: Option<OpenSession>,
    /// Counts the session for the operator, until this value is dropped.
    _counted: CountedSession,
    pub(crate) api_version: String,
}

/// Checks a request for a session.
pub(crate) fn admit(
    service: &ServiceState,
    headers: &HeaderMap,
    query: &str,
) -> Result<Admission, Refusal> {
    let TokenGrant {
        session_secs,
        owner,
    } = check_credentials(service, headers, query)?;
    let too_many = || Refusal::too_many_sessions(service.limits.too_many_sessions_code);
    if service.limiter.exceeded(service.clock.now()) {
        return Err(too_many());
    }
    let mut parameters = parameters::parse(query, &service.accepted_models)?;
    if let Some(longest) = service.limits.max_inactivity_secs {
        let requested = parameters.inactivity_timeout.unwrap_or(longest);
        parameters.inactivity_timeout = Some(requested.min(longest));
    }
    let encoding = SampleEncoding::new(parameters.encoding.unwrap_or(Encoding::PcmS16le))
        .ok_or_else(|| Refusal::setting("encoding"))?;
    let too_many_at_once = || {
        service.usage.refuse();
        too_many()
    };
    let open_session = match owner {
        Some(owner) => {
            let session = service.open_sessions.open(owner);
            Some(session.ok_or_else(too_many_at_once)?)
        }
        None => None,
    };
    let permit = if service.recogniser.needs_thread() {
        let permit = Arc::clone(&service.decoders).try_acquire_owned();
        Some(permit.map_err(|_| too_many_at_once())?)
    } else {
        None
    };
    let api_version = headers
        .get("assemblyai-version")
        .and_then(|value| value.to_str().ok())
        .unwrap_or(API_VERSION)
        .to_owned();
    Ok(Admission {
        parameters,
        encoding,
        session_secs,
        permit,
        _open_session: open_session,
        _counted: service.usage.open(),
        api_version,
    })
}

fn check_credentials(
    service: &ServiceState,
    headers: &HeaderMap,
    query: &str,
) -> Result<TokenGrant, Refusal> {
    let query_token = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "token")
        .map(|(_, token)| token.into_owned());
    if let Some(token) = query_token {
        return redeem(service, &token);
    }
    let header = headers
        .get(AUTHORIZATION)
        .ok_or_else(Refusal::missing_authorization)?;
    let credential = header.to_str().map_err(|_| Refusal::invalid_key())?;
    if looks_like_token(credential) {
        return redeem(service, credential);
    }
    // Unlike the token endpoint, the socket refuses a scheme before the key.
    if credential.contains(' ') || !service.is_key(credential) {
        return Err(Refusal::invalid_key());
    }
    Ok(TokenGrant {
        session_secs: service.limits.max_session_secs,
        owner: None,
    })
}

fn redeem(service: &ServiceState, token: &str) -> Result<TokenGrant, Refusal> {
    service
        .tokens
        .redeem(token, service.clock.now())
        .map_err(|problem| match problem {
            TokenProblem::Expired => Refusal::expired_token(),
            TokenProblem::Unknown | TokenProblem::Used => Refusal::invalid_key(),
        })
}

/// API version of `Begin` if the client sends none: the latest known version.
const API_VERSION: &str = "2025-05-12";
