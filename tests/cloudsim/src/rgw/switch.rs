//! A gateway's listener, which can be stopped and started again at its address while the rest goes on. What the
//! gateway answers is not its business.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::SERVICES;
use crate::control::Control;
use crate::serve::{Front, accept};

/// Before the next try to listen again where the port is still taken.
const LISTEN_PAUSE: Duration = Duration::from_millis(20);

/// Whether a gateway should listen, and whether it does.
pub(crate) struct Switch {
    wanted: watch::Sender<bool>,
    is: watch::Sender<bool>,
}

impl Switch {
    pub(crate) fn on() -> Self {
        Self { wanted: watch::Sender::new(true), is: watch::Sender::new(true) }
    }

    /// Returns when it is so.
    pub(crate) async fn set(&self, up: bool) {
        self.wanted.send_replace(up);
        // The sender is here: it cannot be gone.
        let _ = self.is.subscribe().wait_for(|is| *is == up).await;
    }
}

/// Serves until the task is aborted, except while the switch is off: then the port is closed, and with it every
/// connection.
pub(crate) async fn serve(mut listener: TcpListener, address: SocketAddr, number: usize, control: Control) {
    let front = Front::Gateway(SERVICES[number]);
    let switch = &control.switches()[number];
    let mut wanted = switch.wanted.subscribe();
    loop {
        tokio::select! {
            () = accept(&listener, front, &control) => {}
            _ = wanted.wait_for(|up| !up) => {}
        }
        drop(listener);
        switch.is.send_replace(false);
        let _ = wanted.wait_for(|up| *up).await;
        listener = listening(address).await;
        switch.is.send_replace(true);
    }
}

async fn listening(address: SocketAddr) -> TcpListener {
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(error) => tracing::warn!(%error, %address, "cannot listen again"),
        }
        tokio::time::sleep(LISTEN_PAUSE).await;
    }
}
