//! The settings by the keyboard, and as screen readers get them.

use inturn_tests::{page::Page, stage::Setting};
use serde_json::{Value, json};
use thirtyfour::{By, Key};

use crate::{
    settings::{IS_OPEN, SWITCHES, open_panel, panel},
    support::{Scene, press, speaking},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_reaches_every_switch() {
    let Scene {
        page,
        stage: _stage,
    } = speaking(Setting::new()).await;
    let opener = page
        .browser
        .driver
        .find(By::Id("settings-button"))
        .await
        .expect("the page has the button");
    opener.focus().await.expect("the button can be focused");
    opener
        .send_keys(Key::Enter)
        .await
        .expect("keys can be sent");
    page.browser.wait_for(IS_OPEN).await;
    for (switch, on) in SWITCHES.into_iter().zip([true, false, true]) {
        assert_eq!(focused(&page).await, switch);
        if on {
            press(&page, Key::Space).await;
        }
        press(&page, Key::Tab).await;
    }
    assert_eq!(panel(&page).await.switches, [true, false, true]);
    assert_eq!(focused(&page).await, "announce");
    press(&page, Key::Tab).await;
    assert_eq!(focused(&page).await, "settings-reset");
    press(&page, Key::Enter).await;
    assert_eq!(panel(&page).await.switches, [false; 3]);
    let switch = "echoCancellation";
    assert_eq!(focused(&page).await, switch, "the focus stays in the panel");
    press(&page, Key::Escape).await;
    page.browser.wait_for(&format!("!{IS_OPEN}")).await;
    assert_eq!(focused(&page).await, "settings-button");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_switch_has_a_name_and_a_description() {
    let Scene {
        page,
        stage: _stage,
    } = speaking(Setting::new()).await;
    let opener = |nodes: &[Node]| {
        let mut openers = nodes
            .iter()
            .filter(|node| node.role == "button" && node.name == "Settings");
        openers.next().map(|node| node.expanded)
    };
    let closed = nodes(&page).await;
    assert_eq!(opener(&closed), Some(Some(false)), "{closed:#?}");
    assert!(closed.iter().all(|node| node.role != "switch"));

    open_panel(&page).await;
    let open = nodes(&page).await;
    assert_eq!(opener(&open), Some(Some(true)), "{open:#?}");
    let dialogs = open
        .iter()
        .filter(|node| node.role == "dialog" && node.name == "Settings");
    assert_eq!(dialogs.count(), 1, "{open:#?}");
    let switches: Vec<&Node> = open.iter().filter(|node| node.role == "switch").collect();
    let names = switches.iter().map(|node| node.name.as_str());
    assert!(
        names.eq([
            "Echo cancellation",
            "Noise suppression",
            "Automatic volume",
            "Read out finished lines",
        ]),
        "{switches:#?}"
    );
    assert!(
        switches[3].description.contains("headphones"),
        "{switches:#?}"
    );
    for switch in &switches[..3] {
        let text = &switch.description;
        assert!(
            text.starts_with("Turn on ") && text.contains(". Turn off "),
            "{switch:#?}"
        );
    }
}

async fn focused(page: &Page) -> String {
    page.browser.value("document.activeElement.id").await
}

async fn nodes(page: &Page) -> Vec<Node> {
    let tree = page
        .browser
        .devtools("Accessibility.getFullAXTree", json!({}))
        .await;
    let nodes = tree["nodes"].as_array().expect("the tree has nodes");
    let nodes = nodes.iter().filter(|node| node["ignored"] == false);
    nodes.map(Node::read).collect()
}

/// An element in the accessibility tree.
#[derive(Debug)]
struct Node {
    role: String,
    name: String,
    description: String,
    expanded: Option<bool>,
}

impl Node {
    fn read(node: &Value) -> Self {
        let text = |field: &str| node[field]["value"].as_str().unwrap_or_default().to_owned();
        let properties = node["properties"].as_array().into_iter().flatten();
        let expanded = properties
            .filter(|property| property["name"] == "expanded")
            .find_map(|property| property["value"]["value"].as_bool());
        Self {
            role: text("role"),
            name: text("name"),
            description: text("description"),
            expanded,
        }
    }
}
