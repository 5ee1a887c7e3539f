//! Whether a session may begin: credentials, then the account's limit, then the parameters.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use inturn_protocol::{ConnectionParameters, Encoding};
use tokio::sync::OwnedSemaphorePermit;

use crate::frames::SampleEncoding;
use crate::owners::OpenSession;
use crate::parameters;
use crate::refusal::Refusal;
use crate::service::Shared;
use crate::tokens::{Grant, TokenProblem, looks_like_token};

/// What a session that may begin was granted.
pub(crate) struct Admission {
    pub(crate) parameters: ConnectionParameters,
    pub(crate) encoding: SampleEncoding,
    pub(crate) session_secs: u32,
    /// The seat at a heavy recogniser.
    pub(crate) permit: Option<OwnedSemaphorePermit>,
    /// Counts the session of the token's owner, if it has one, for as long as it lasts.
    _open: Option<OpenSession>,
    pub(crate) api_version: String,
}

pub(crate) fn admit(
    service: &Shared,
    headers: &HeaderMap,
    query: &str,
) -> Result<Admission, Refusal> {
    let Grant {
        session_secs,
        owner,
    } = check_credentials(service, headers, query)?;
    let too_many = || Refusal::too_many_sessions(service.limits.too_many_sessions_code);
    if service.limiter.exceeded(service.clock.now()) {
        return Err(too_many());
    }
    let mut parameters = parameters::read(query, &service.accepted_models)?;
    if let Some(longest) = service.limits.max_inactivity_secs {
        let asked = parameters.inactivity_timeout.unwrap_or(longest);
        parameters.inactivity_timeout = Some(asked.min(longest));
    }
    let encoding = SampleEncoding::new(parameters.encoding.unwrap_or(Encoding::PcmS16le))
        .ok_or_else(|| Refusal::setting("encoding"))?;
    let open = match owner {
        Some(owner) => Some(service.open_sessions.open(owner).ok_or_else(too_many)?),
        None => None,
    };
    let permit = if service.recogniser.is_heavy() {
        let permit = Arc::clone(&service.decoders).try_acquire_owned();
        Some(permit.map_err(|_| too_many())?)
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
        _open: open,
        api_version,
    })
}

fn check_credentials(service: &Shared, headers: &HeaderMap, query: &str) -> Result<Grant, Refusal> {
    let in_query = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "token")
        .map(|(_, token)| token.into_owned());
    if let Some(token) = in_query {
        return redeem(service, &token);
    }
    let header = headers
        .get(AUTHORIZATION)
        .ok_or_else(Refusal::missing_authorization)?;
    let credential = header.to_str().map_err(|_| Refusal::invalid_key())?;
    if looks_like_token(credential) {
        return redeem(service, credential);
    }
    // A scheme before the key is refused here, though the token endpoint takes it.
    if credential.contains(' ') || !service.is_key(credential) {
        return Err(Refusal::invalid_key());
    }
    Ok(Grant {
        session_secs: service.limits.max_session_secs,
        owner: None,
    })
}

fn redeem(service: &Shared, token: &str) -> Result<Grant, Refusal> {
    service
        .tokens
        .redeem(token, service.clock.now())
        .map_err(|problem| match problem {
            TokenProblem::Expired => Refusal::expired_token(),
            TokenProblem::Unknown | TokenProblem::Used => Refusal::invalid_key(),
        })
}

/// The version echoed when a client pins none: the latest that is known.
const API_VERSION: &str = "2025-05-12";
