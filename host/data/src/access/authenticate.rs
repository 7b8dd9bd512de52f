//! The first question of every request: who is this?

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use audit::{Actor, ActorKind, Draft, Name, Source, Stage};
use auth::{KeyRefusal, Presented, Standing};
use model::{Code, ParseError};
use serde_json::{Map as JsonMap, Value as Json};
use tokio::time::timeout_at;

use crate::{
    Context, Data, Error, Principal,
    context::{Request, Scratch},
    deadline::{Deadline, timed_out},
};

/// What a request showed of itself; every part may be missing.
#[derive(Default, Clone)]
pub struct Credentials {
    /// The application's id.
    pub app_id: Option<String>,
    /// The master key or the read-only master key.
    pub master_key: Option<String>,
    /// The maintenance key.
    pub maintenance_key: Option<String>,
    /// The REST client key.
    pub rest_key: Option<String>,
    /// The JavaScript client key.
    pub javascript_key: Option<String>,
    /// The mobile client key.
    pub client_key: Option<String>,
    /// The .NET client key.
    pub dot_net_key: Option<String>,
    /// The session's token.
    pub session_token: Option<String>,
    /// The client's installation.
    pub installation: Option<String>,
    /// The client's name and version, such as `js8.6.2`.
    pub client_version: Option<String>,
    /// The request's id, if the client or a proxy gave it one.
    pub request_id: Option<String>,
    /// The declared purpose of use.
    pub purpose: Option<String>,
    /// What the client hands to the hooks.
    pub context: Option<JsonMap<String, Json>>,
    /// Where the request comes from, through configured proxies only.
    pub address: Option<IpAddr>,
    /// Whether a session token is left alone: a stale one must not break a login.
    pub ignore_session: bool,
}

impl Data {
    /// Lets a request in: checks its keys, finds its user and roles, and takes the hooks that it will see to its end.
    ///
    /// # Errors
    /// 403 for wrong keys or a master key from elsewhere, 209 for a session that isn't (any more). Both are recorded.
    pub async fn enter(&self, credentials: Credentials) -> Result<Context, Error> {
        let request = Arc::new(Request {
            id: self.name_request(credentials.request_id.as_deref()),
            address: credentials.address,
            client: credentials.client_version.as_deref().map(Into::into),
            installation: credentials.installation.as_deref().map(Into::into),
            deadline: self.deadline(),
            hooks: self.hooks(),
            config: self.inner.config.clone(),
        });
        let proved = timeout_at(request.deadline.at().into(), self.prove(&credentials)).await;
        match proved.unwrap_or_else(|_| Err(timed_out())) {
            Ok(principal) => Ok(Context {
                request,
                principal,
                purpose: credentials.purpose.as_deref().map(Into::into),
                grant: None,
                is_part: false,
                depth: 0,
                parent: None,
                recorded: Arc::default(),
                scratch: Scratch::new(parking_lot::Mutex::new(
                    credentials.context.into_iter().flatten().collect(),
                )),
            }),
            Err(error) => {
                self.record_denied(&request, &error).await?;
                Err(error)
            }
        }
    }

    /// The id of a request: the one that the client gave, if it can be one, or else a new one.
    pub fn name_request(&self, given: Option<&str>) -> Arc<str> {
        let legal =
            |id: &&str| !id.is_empty() && id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_graphic());
        match given.filter(legal) {
            Some(id) => id.into(),
            None => self.inner.ids.request_id().into(),
        }
    }

    /// The server's own context, for its bookkeeping, seeding and the command line.
    pub fn system(&self, purpose: &str) -> Context {
        let request = Request {
            id: self.inner.ids.request_id().into(),
            address: None,
            client: None,
            installation: None,
            deadline: self.deadline(),
            hooks: self.hooks(),
            config: self.inner.config.clone(),
        };
        Context {
            request: Arc::new(request),
            principal: Principal::System,
            purpose: Some(purpose.into()),
            grant: None,
            is_part: false,
            depth: 0,
            parent: None,
            recorded: Arc::default(),
            scratch: Scratch::default(),
        }
    }

    /// When a request that comes now must be over.
    fn deadline(&self) -> Deadline {
        Deadline::new(Instant::now() + Duration::from_secs(self.config().request_timeout))
    }

    async fn prove(&self, credentials: &Credentials) -> Result<Principal, Error> {
        let presented = Presented {
            app_id: credentials.app_id.as_deref(),
            master: credentials.master_key.as_deref(),
            maintenance: credentials.maintenance_key.as_deref(),
            rest: credentials.rest_key.as_deref(),
            javascript: credentials.javascript_key.as_deref(),
            client: credentials.client_key.as_deref(),
            dot_net: credentials.dot_net_key.as_deref(),
            address: credentials.address,
        };
        match self.inner.keys.judge(&presented) {
            Ok(Standing::Master) => Ok(Principal::Master),
            Ok(Standing::ReadOnlyMaster) => Ok(Principal::ReadOnlyMaster),
            Ok(Standing::Maintenance) => Ok(Principal::Maintenance),
            Ok(Standing::Client) => match credentials.session_token.as_deref() {
                Some(token) if !credentials.ignore_session => {
                    Ok(Principal::User(self.identity(token).await?))
                }
                _ => Ok(Principal::Anonymous),
            },
            Err(
                KeyRefusal::WrongApp
                | KeyRefusal::WrongClientKey
                | KeyRefusal::MasterFromElsewhere
                | KeyRefusal::MaintenanceFromElsewhere,
            ) => Err(Error::Forbidden("unauthorized")),
        }
    }

    async fn record_denied(&self, request: &Request, error: &Error) -> Result<(), Error> {
        let actor = Actor::new(ActorKind::Anonymous, None);
        let mut draft = Draft::new(audit::Code::AuthDenied, Stage::Single, Name::clean(&request.id), actor);
        draft.source = Source { ip: request.address, client: request.client.as_deref().map(Name::clean) };
        let rule = match (error, error.code()) {
            (Error::Forbidden(_), _) => "keys",
            (_, Code::Timeout) => "deadline",
            _ => "session",
        };
        self.turn_away(draft, rule, Some(error.code().number())).await
    }
}

/// The answer to a session token that isn't one.
pub(crate) fn invalid_session() -> Error {
    Error::Denied(ParseError::new(Code::InvalidSessionToken, "Invalid session token"))
}
