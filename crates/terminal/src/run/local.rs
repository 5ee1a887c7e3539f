//! The local service: the emulator inside this program, on a free loopback port.

use std::{io, net::Ipv4Addr};

use inturn_cli::{LocalError, PrivateEmulator, RecogniserConfig};
use inturn_emulator::ServiceLimits;
use inturn_service::{ApiKey, ServiceUrl};
use tokio::{net::TcpListener, task::JoinHandle};

use super::failure::Failure;
use crate::wording::ExitStatus;

/// The running local service. Dropping it ends it.
#[derive(Debug)]
pub struct LocalService {
    url: ServiceUrl,
    key: ApiKey,
    description: String,
    advice: Option<String>,
    task: JoinHandle<()>,
}

impl LocalService {
    /// Starts the local service.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the recogniser is not available, or if there is no loopback port.
    pub async fn start(config: &RecogniserConfig) -> Result<Self, Failure> {
        let local = PrivateEmulator::new(config, ServiceLimits::default());
        let local = local.map_err(|error| no_recogniser(&error))?;
        let no_port = |error: io::Error| {
            let message = format!("The local service can't listen on 127.0.0.1: {error}.");
            Failure::new(ExitStatus::Failed, message)
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.map_err(no_port)?;
        let url = format!("http://{}", listener.local_addr().map_err(no_port)?);
        let url = url
            .parse()
            .map_err(|error| no_port(io::Error::other(error)))?;
        let advice = local.advice().map(|advice| {
            let (reason, remedy) = (advice.reason, advice.remedy);
            format!("A more accurate one is not used: {reason}. {remedy}")
        });
        let router = local.emulator.router();
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the local service has ended");
            }
        });
        Ok(Self {
            url,
            description: local.description(),
            key: local.key,
            advice,
            task,
        })
    }

    /// Its address.
    pub fn url(&self) -> &ServiceUrl {
        &self.url
    }

    /// Its key, which only this process has.
    pub fn key(&self) -> &ApiKey {
        &self.key
    }

    /// Describes its recogniser and how accurate it is.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Why a more accurate recogniser is not used, and how to install it.
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }
}

impl Drop for LocalService {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn no_recogniser(error: &LocalError) -> Failure {
    let remedy = error.remedy();
    let message = format!("The local service can't start: {error}. {remedy}");
    Failure::new(ExitStatus::Failed, message)
}
