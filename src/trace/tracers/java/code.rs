//! The instructions of the virtual machine: how long they are, what they take and leave, and where they lead.
//!
//! Reference: The Java Virtual Machine Specification, section 6.5.

use super::class::u16_at;

/// How many places of the stack each instruction takes; a dot where [`super::interpreter`] knows more.
const TAKES: &[u8; 202] = b"0........0000000....00000.0000000000000000....2222.222.........................3434.33312.......\
242424242424242424241212232323242424.1112221112221114224411111122222222000110000.0............10\
0111..1100";

/// How many places of the stack each instruction leaves.
const LEAVES: &[u8; 202] = b"0........2211122....21212.1111222211112222....1212.111.........................0000.00000.......\
121212121212121212121212121212121212.2121121221211111111100000000000000010000000.0............10\
0100..0001";

/// Returns what an instruction takes from the stack and leaves there, where only that is to be known of it.
pub fn effect(code: u8) -> Option<(usize, usize)> {
    let digit = |table: &[u8]| {
        let digit = table.get(usize::from(code)).filter(|digit| digit.is_ascii_digit())?;
        Some(usize::from(digit - b'0'))
    };
    Some((digit(TAKES)?, digit(LEAVES)?))
}

/// Returns how long the instruction at a place is; `None` for none.
pub fn length(code: &[u8], at: usize) -> Option<usize> {
    let length = match *code.get(at)? {
        16 | 18 | 21..=25 | 54..=58 | 169 | 188 => 2,
        17 | 19 | 20 | 132 | 153..=168 | 178..=184 | 187 | 189 | 192 | 193 | 198 | 199 => 3,
        197 => 4,
        185 | 186 | 200 | 201 => 5,
        196 if *code.get(at + 1)? == 132 => 6,
        196 => 4,
        switch @ (170 | 171) => {
            let start = (at + 4) & !3;
            let count = |place: usize| i32_at(code, start + 4 * place).map(i64::from);
            let places = if switch == 170 {
                4 + count(2)?.checked_sub(count(1)?)?
            } else {
                2 + 2 * count(1)?
            };
            let places = usize::try_from(places).ok().filter(|&places| places <= code.len())?;
            start - at + 4 * places
        }
        0..=201 => 1,
        _ => return None,
    };
    code.get(at..at + length).map(<[u8]>::len)
}

/// Returns where the instruction at a place may lead, beside the next one.
pub fn targets(code: &[u8], at: usize) -> Vec<usize> {
    let to = |offset: Option<i64>| usize::try_from(at as i64 + offset?).ok();
    let short = || u16_at(code, at + 1).map(|offset| i64::from(offset as i16));
    let long = |place: usize| i32_at(code, place).map(i64::from);
    match code.get(at) {
        Some(153..=168 | 198 | 199) => to(short()).into_iter().collect(),
        Some(200 | 201) => to(long(at + 1)).into_iter().collect(),
        Some(switch @ (170 | 171)) => {
            let start = (at + 4) & !3;
            let end = at + length(code, at).unwrap_or(0);
            let (first, step) = if *switch == 170 { (start + 12, 4) } else { (start + 12, 8) };
            let cases = (first..end).step_by(step).filter_map(|place| to(long(place)));
            to(long(start)).into_iter().chain(cases).collect()
        }
        _ => Vec::new(),
    }
}

/// Says whether the next instruction is not reached from this one.
pub fn is_end(code: u8) -> bool {
    matches!(code, 167 | 169..=177 | 191 | 200)
}

fn i32_at(bytes: &[u8], at: usize) -> Option<i32> {
    Some(i32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}
