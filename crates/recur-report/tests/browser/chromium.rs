//! Chromium without a window, asked over its pipe in the DevTools protocol: JSON with a zero byte after each message.
//!
//! A crate that speaks the protocol would bring a runtime, a WebSocket and a minute of building; the test needs ten of its
//! methods.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tempfile::TempDir;

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// How long a machine under load may take for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a page looks like.
#[derive(Clone, Copy)]
pub struct Look {
    pub width: u32,
    pub height: u32,
    pub is_dark: bool,
}

/// What a picture of a page shows.
#[derive(Debug)]
pub struct Picture {
    /// Width and height in pixels.
    pub size: (u64, u64),
    pub n_colors: u64,
    /// Red, green and blue of its upper left corner.
    pub ground: [u8; 3],
    /// The share of pixels of that colour.
    pub ground_share: f64,
}

/// A browser with one page.
pub struct Chromium {
    process: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    session: Option<String>,
    n_calls: u64,
    /// What the page reported unasked, so far.
    pub events: Vec<Value>,
    _profile: TempDir,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Where it has ended already there is nothing to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Chromium {
    /// Starts it, with no way to any host.
    pub fn start() -> Self {
        let is_there = |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|ran| ran.status.success());
        let name = NAMES.into_iter().find(is_there).expect("no Chromium on the path: apt-get install chromium");
        let profile = tempfile::tempdir().unwrap();
        // The shell gives the pipes the numbers that Chromium expects. A sandbox needs rights that containers lack, and the
        // page is ours.
        let mut process = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null 2>&1", name])
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"])
            .args(["--no-first-run", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND"])
            .args(["--force-color-profile=srgb", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, answers) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let (sender, from) = channel();
        std::thread::spawn(move || {
            let messages = BufReader::new(answers).split(0).map_while(Result::ok);
            messages.map(|bytes| serde_json::from_slice(&bytes).unwrap()).try_for_each(|value| sender.send(value))
        });
        let mut browser = Self { process, to, from, session: None, n_calls: 0, events: Vec::new(), _profile: profile };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        browser.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Network", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Calls a method and returns its result.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.n_calls += 1;
        let mut message = json!({"id": self.n_calls, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = serde_json::to_vec(&message).unwrap();
        bytes.push(0);
        self.to.write_all(&bytes).unwrap();
        loop {
            let mut answer = self.next(method);
            if answer["id"] == json!(self.n_calls) {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].take();
            }
            self.events.push(answer);
        }
    }

    fn next(&self, waiting_for: &str) -> Value {
        self.from.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{waiting_for}: {error}"))
    }

    /// Opens a file as a person with such a screen and such a preference would see it.
    pub fn open(&mut self, file: &Path, look: Look) {
        let Look { width, height, is_dark } = look;
        let screen = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500});
        self.call("Emulation.setDeviceMetricsOverride", screen);
        let scheme = if is_dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features}));
        self.events.clear();
        self.call("Page.navigate", json!({"url": format!("file://{}", file.display())}));
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = self.next("Page.loadEventFired");
            self.events.push(event);
        }
    }

    /// The value of a JavaScript expression in the page.
    pub fn value(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true});
        let mut answer = self.call("Runtime.evaluate", asked);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].take()
    }

    /// The texts that a JavaScript expression gives.
    pub fn texts(&mut self, expression: &str) -> Vec<String> {
        serde_json::from_value(self.value(expression)).unwrap()
    }

    /// Scrolls to an element, and waits until the page has been reported: that hides what the pointer showed.
    pub fn scroll_to(&mut self, element: &str) {
        self.value(&format!("{element}.scrollIntoView({{block: 'center', inline: 'center'}})"));
        let frames = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))";
        self.call("Runtime.evaluate", json!({"expression": frames, "awaitPromise": true}));
    }

    /// Moves the pointer to the middle of an element, scrolled into view.
    pub fn point_at(&mut self, element: &str) -> (f64, f64) {
        self.scroll_to(element);
        let middle = format!(
            "(() => {{ const b = {element}.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }})()"
        );
        let (x, y): (f64, f64) = serde_json::from_value(self.value(&middle)).unwrap();
        self.mouse("mouseMoved", x, y);
        (x, y)
    }

    /// Clicks on an element as a mouse does.
    pub fn click(&mut self, element: &str) {
        let (x, y) = self.point_at(element);
        self.mouse("mousePressed", x, y);
        self.mouse("mouseReleased", x, y);
    }

    /// Sends an event of the mouse.
    pub fn mouse(&mut self, kind: &str, x: f64, y: f64) {
        let button = if kind == "mouseMoved" { "none" } else { "left" };
        let event = json!({"type": kind, "x": x, "y": y, "button": button, "clickCount": 1});
        self.call("Input.dispatchMouseEvent", event);
    }

    /// Presses a key.
    pub fn press(&mut self, key: &str, text: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            _ => 0,
        };
        let mut event = json!({"type": "keyDown", "key": key, "windowsVirtualKeyCode": code});
        if !text.is_empty() {
            event["text"] = json!(text);
        }
        self.call("Input.dispatchKeyEvent", event);
        self.call("Input.dispatchKeyEvent", json!({"type": "keyUp", "key": key, "windowsVirtualKeyCode": code}));
    }

    /// Types a text into what has the focus.
    pub fn insert(&mut self, text: &str) {
        self.call("Input.insertText", json!({"text": text}));
    }

    /// A picture of the whole page, kept as `file`.
    pub fn picture(&mut self, file: &Path) -> Picture {
        let asked = json!({"format": "png", "captureBeyondViewport": true});
        let png = self.call("Page.captureScreenshot", asked)["data"].take();
        std::fs::write(file, BASE64_STANDARD.decode(png.as_str().unwrap()).unwrap()).unwrap();
        // The browser reads its own picture, so that nothing else has to.
        let read = format!(
            "(async () => {{ const image = new Image(); image.src = 'data:image/png;base64,' + {png}; await image.decode(); \
             const [width, height] = [image.width, image.height]; const canvas = new OffscreenCanvas(width, height); \
             const context = canvas.getContext('2d'); context.drawImage(image, 0, 0); \
             const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer); \
             const is_corner = (pixel) => pixel === pixels[0]; \
             return [width, height, new Set(pixels).size, pixels[0] & 0xffffff, pixels.filter(is_corner).length]; }})()"
        );
        let asked = json!({"expression": read, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", asked);
        assert!(answer["exceptionDetails"].is_null(), "{}", answer["exceptionDetails"]);
        let found: [u64; 5] = serde_json::from_value(answer["result"]["value"].clone()).unwrap();
        let [width, height, n_colors, corner, n_like_corner] = found;
        let [red, green, blue, _] = (corner as u32).to_le_bytes();
        let ground_share = n_like_corner as f64 / (width * height) as f64;
        Picture { size: (width, height), n_colors, ground: [red, green, blue], ground_share }
    }
}
