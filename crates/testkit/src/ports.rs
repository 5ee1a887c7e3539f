//! Ports for the programs of tests.

use std::{
    net::{Ipv4Addr, TcpListener},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

/// A port of loopback that is free now. Another program may take it a moment later: whoever uses it tries
/// again then, or has the program itself listen on port 0.
///
/// # Panics
///
/// When there is none.
pub fn free_port() -> u16 {
    let [port] = free_ports();
    port
}

/// So many free ports, all different.
///
/// # Panics
///
/// When there are not as many.
pub fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    // All are held until the last is found.
    let held = [(); COUNT].map(|()| listener(0).expect("there is a free port"));
    held.map(|it| it.local_addr().expect("it listens").port())
}

/// A free port that the system gives to nobody who asks for any, so that a program which is killed finds
/// it free again: below those that Linux and macOS choose from.
pub fn reusable_port() -> u16 {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    loop {
        let tried = TRIED.fetch_add(1, Ordering::Relaxed);
        let port = 20_000 + process::id().wrapping_mul(37).wrapping_add(tried) % 10_000;
        let port = u16::try_from(port).expect("is below 30 000");
        if listener(port).is_some() {
            return port;
        }
    }
}

fn listener(port: u16) -> Option<TcpListener> {
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
            assert!(listener(port).is_some(), "{port}");
        }
    }
}
