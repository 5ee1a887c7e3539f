//! What happens around the page: to its tab, the network, the devices, and under the person's
//! fingers.

use inturn_page_core::page::Input;
use web_sys::{Event, PageTransitionEvent};

use super::document::{document, is_visible, window};
use crate::browser::Listener;

/// Reports all of it.
pub(super) fn listen(report: fn(Input)) -> Vec<Listener> {
    let window = window();
    let mut listeners = vec![
        Listener::new(&window, "pageshow", move |event: PageTransitionEvent| {
            if event.persisted() {
                report(Input::Restored);
            }
        }),
        Listener::new(&document(), "visibilitychange", move |_: Event| {
            if is_visible() {
                report(Input::Shown);
            }
        }),
    ];
    let inputs: [(_, fn() -> Input); _] = [
        ("pagehide", || Input::Leaving),
        ("online", || Input::Network { is_up: true }),
        ("offline", || Input::Network { is_up: false }),
        // WebKit on phones sends no clicks for elements that do nothing.
        ("pointerup", || Input::Tapped),
        ("keydown", || Input::Tapped),
    ];
    for (event, input) in inputs {
        let report_it = move |_: Event| report(input());
        listeners.push(Listener::new(&window, event, report_it));
    }
    // An insecure page has no devices and cannot record.
    if let Ok(devices) = window.navigator().media_devices() {
        let report_it = move |_: Event| report(Input::DevicesChanged);
        listeners.push(Listener::new(&devices, "devicechange", report_it));
    }
    listeners
}
