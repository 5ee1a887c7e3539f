//! TCP ports for the programs of tests.

use std::{
    net::{Ipv4Addr, TcpListener},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

/// Returns a loopback port that is free now.
///
/// Another program can take it before the caller does. So the caller should retry with another
/// port, or let the program itself listen on port 0.
///
/// # Panics
///
/// Panics if no port is free.
pub fn free_port() -> u16 {
    let [port] = free_ports();
    port
}

/// Returns `COUNT` different loopback ports that are free now.
///
/// # Panics
///
/// Panics if fewer ports are free.
pub fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    // All listeners stay open until the last port is found, so that the ports differ.
    let listeners = [(); COUNT].map(|()| listen(0).expect("there is a free port"));
    listeners.map(|listener| listener.local_addr().expect("it listens").port())
}

/// Returns a free port outside the range from which the system assigns ports.
///
/// So a program that is killed and restarted finds its port free again. Linux assigns ports from
/// 32768, macOS from 49152; these are below 30000.
pub fn reusable_port() -> u16 {
    static ATTEMPTS: AtomicU32 = AtomicU32::new(0);
    loop {
        let attempt = ATTEMPTS.fetch_add(1, Ordering::Relaxed);
        let port = 20_000 + process::id().wrapping_mul(37).wrapping_add(attempt) % 10_000;
        let port = u16::try_from(port).expect("is below 30 000");
        if listen(port).is_some() {
            return port;
        }
    }
}

fn listen(port: u16) -> Option<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_differ_and_are_free() {
        let [first, second, third] = free_ports();
        assert!(first != second && second != third && third != first);
        for port in [first, second, third, free_port(), reusable_port()] {
            assert!(listen(port).is_some(), "{port}");
        }
    }
}
