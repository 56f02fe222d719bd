//! Messages of Protocol Buffers and records of TensorFlow, read without knowledge of what they say.

/// A field of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    Integer(i64),
    Double(f64),
    Float(f32),
    Bytes(Vec<u8>),
}

/// The fields of a message with their numbers, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Message(pub Vec<(u64, Field)>);

impl Message {
    pub fn of(mut bytes: &[u8]) -> Self {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = varint(&mut bytes);
            let field = match key & 7 {
                0 => Field::Integer(varint(&mut bytes) as i64),
                1 => Field::Double(f64::from_le_bytes(take(&mut bytes, 8).try_into().unwrap())),
                5 => Field::Float(f32::from_le_bytes(take(&mut bytes, 4).try_into().unwrap())),
                2 => {
                    let n = varint(&mut bytes) as usize;
                    Field::Bytes(take(&mut bytes, n).to_vec())
                }
                other => panic!("no wire type {other}"),
            };
            fields.push((key >> 3, field));
        }
        Self(fields)
    }

    pub fn all(&self, number: u64) -> impl Iterator<Item = &Field> {
        self.0.iter().filter(move |(own, _)| *own == number).map(|(_, field)| field)
    }

    pub fn messages(&self, number: u64) -> impl Iterator<Item = Message> {
        self.all(number).map(|field| Message::of(bytes(field)))
    }

    pub fn message(&self, number: u64) -> Message {
        self.messages(number).next().unwrap_or_else(|| panic!("no field {number}"))
    }

    pub fn text(&self, number: u64) -> String {
        self.texts(number).next().unwrap_or_else(|| panic!("no field {number}"))
    }

    pub fn texts(&self, number: u64) -> impl Iterator<Item = String> {
        self.all(number).map(|field| String::from_utf8(bytes(field).to_vec()).unwrap())
    }

    pub fn integer(&self, number: u64) -> i64 {
        self.integers(number).first().copied().unwrap_or_else(|| panic!("no field {number}"))
    }

    pub fn integers(&self, number: u64) -> Vec<i64> {
        let integer = |field: &Field| if let Field::Integer(n) = field { *n } else { panic!("no integer: {field:?}") };
        self.all(number).map(integer).collect()
    }
}

pub fn bytes(field: &Field) -> &[u8] {
    if let Field::Bytes(bytes) = field { bytes } else { panic!("no bytes: {field:?}") }
}

fn take<'a>(bytes: &mut &'a [u8], n: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(n);
    *bytes = rest;
    taken
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = take(bytes, 1)[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return value;
        }
        shift += 7;
    }
}

/// The events of a file of TensorBoard. Its checksums are not looked at.
pub fn events(mut file: &[u8]) -> Vec<Message> {
    let mut events = Vec::new();
    while !file.is_empty() {
        let n = u64::from_le_bytes(take(&mut file, 8).try_into().unwrap()) as usize;
        take(&mut file, 4);
        events.push(Message::of(take(&mut file, n)));
        take(&mut file, 4);
    }
    events
}

/// An event in a line for each of its values.
pub fn lines(event: &Message) -> Vec<String> {
    let Some(summary) = event.messages(5).next() else { return vec![format!("version {}", event.text(3))] };
    let line = |value: Message| {
        let shown = match value.all(2).next() {
            Some(Field::Float(x)) => x.to_string(),
            _ => session(&value.message(9).message(1)),
        };
        format!("step {} {} {shown}", event.integer(2), value.text(1))
    };
    summary.messages(1).map(line).collect()
}

/// What the HParams plugin gets.
fn session(plugin: &Message) -> String {
    assert_eq!(plugin.text(1), "hparams");
    let data = plugin.message(2);
    if let Some(end) = data.messages(4).next() {
        return format!("status {}", end.integer(1));
    }
    let start = data.message(3);
    let value = |entry: Message| format!("{}={:?}", entry.text(1), entry.message(2).0[0]);
    let values: Vec<String> = start.messages(1).map(value).collect();
    format!("{} group {:?} uri {}", values.join(" "), start.text(4), start.text(2))
}
