//! What the protocol has and this server hasn't yet: a clear no in place of a wrong yes.

use data::{Error, PERMISSION_DENIED};
use http::Method;
use model::Code;

use super::{Auth, Handler, Row};
use crate::error::Failure;

/// Answers for a feature that isn't built.
pub(super) fn not_yet(feature: &'static str) -> Failure {
    Failure::refused(Code::CommandUnavailable, format!("{feature} is not supported yet"))
}

/// Answers whoever may not ask for it, whether or not it is built.
pub(super) fn forbidden() -> Failure {
    Error::Forbidden(PERMISSION_DENIED).into()
}

macro_rules! later {
    ($($feature:literal: $($method:ident $path:literal $auth:ident),+;)*) => {
        &[$($(Row {
            method: Method::$method,
            path: $path,
            name: "later",
            auth: Auth::$auth,
            later: true,
            ignores_session: false,
            handler: Handler::Later($feature),
        }),+),*]
    };
}

pub(super) const ROWS: &[Row] = later! {
    "Uploading a file": POST "/files" Keys, POST "/files/{name}" Keys;
    "Fetching a file": GET "/files/{app}/metadata/{name}" Keys, GET "/files/{app}/{name}" Keys;
    "Deleting a file": DELETE "/files/{name}" Master;
    "Running a job": POST "/jobs" Master, POST "/jobs/{name}" Master;
    "Registering a webhook":
        GET "/hooks/functions" Master, POST "/hooks/functions" Master,
        GET "/hooks/functions/{name}" Master, PUT "/hooks/functions/{name}" Master,
        GET "/hooks/triggers" Master, POST "/hooks/triggers" Master,
        GET "/hooks/triggers/{class}/{trigger}" Master, PUT "/hooks/triggers/{class}/{trigger}" Master;
    "Scheduling a job":
        GET "/cloud_code/jobs" Master, GET "/cloud_code/jobs/data" Master, POST "/cloud_code/jobs" Master,
        PUT "/cloud_code/jobs/{id}" Master, DELETE "/cloud_code/jobs/{id}" Master;
    "The global config": GET "/config" Keys, PUT "/config" Master;
    "The GraphQL config": GET "/graphql-config" Master, PUT "/graphql-config" Master;
    "GraphQL": GET "/graphql" Keys, POST "/graphql" Keys;
    "Sending a push": POST "/push" Master;
    "Naming push audiences":
        POST "/push_audiences" Master, GET "/push_audiences" Master, GET "/push_audiences/{id}" Master,
        PUT "/push_audiences/{id}" Master, DELETE "/push_audiences/{id}" Master;
    "Registering an installation":
        POST "/installations" Keys, GET "/installations" Keys, GET "/installations/{id}" Keys,
        PUT "/installations/{id}" Keys, DELETE "/installations/{id}" Keys;
    "Collecting analytics": POST "/events/{name}" Keys;
    "Resetting a password by e-mail": POST "/requestPasswordReset" Keys;
    "Verifying an e-mail address": POST "/verificationEmailRequest" Keys;
    "Logging in by a challenge": POST "/challenge" Keys;
    "Upgrading a legacy session": POST "/upgradeToRevocableSession" Keys;
    "Reading the server's log": GET "/scriptlog" Master;
    "The security check": GET "/security" Master;
    "Validating a purchase": POST "/validate_purchase" Keys;
    "The public pages": GET "/apps/{page}" Keys, GET "/apps/{app}/{page}" Keys, POST "/apps/{app}/{page}" Keys;
};
